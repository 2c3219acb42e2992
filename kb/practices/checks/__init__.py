"""Checks of what a valid card says: addresses, dates, figures, places. Errors and warnings.

Values may be those of an incomplete draft; what has not the right type is left to validation.
"""
