"""From files to documents: finding, reading, checking, and whom a fault concerns."""
