"""The field's nouns: frozen, standard library only."""
