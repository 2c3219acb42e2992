"""Downloads: papers, references and feeds."""
