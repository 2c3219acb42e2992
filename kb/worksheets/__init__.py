"""Transfer worksheets: what a practice needs in order to work in another place."""
