"""The kinds of documents, one module each: from a mapping to a checked dataclass.

Called by `parse.py` with one document at a time. Each `read` reports every fault it
sees and answers with the document, or None when nothing usable is left of it.
"""
