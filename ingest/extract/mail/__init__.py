"""Mail and signed files: EML, MSG, certified mail, CAdES."""
