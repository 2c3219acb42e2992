"""What several formats share: blocks, tables, encodings, XML, headings."""
