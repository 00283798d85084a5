"""How tracks sound and how alike they are."""
