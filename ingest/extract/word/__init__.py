"""Word processing: DOCX, RTF, and files of Office before 2007."""
