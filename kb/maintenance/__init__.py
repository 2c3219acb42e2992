"""Care of the base as a whole: is it consistent, and can it be carried elsewhere."""
