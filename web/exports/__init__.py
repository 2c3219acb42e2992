"""What people take along: papers, references and feeds."""
