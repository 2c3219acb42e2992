"""What programs read of each kind of page, of what everybody may see; None for what they may not.

Each function reads what it describes anew, with the access of the public, so that the page of a
person who may see more says no more.
"""
