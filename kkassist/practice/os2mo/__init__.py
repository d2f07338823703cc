"""A practice KKorg: an OS2mo server's GraphQL v30, as far as a reading client uses it."""
