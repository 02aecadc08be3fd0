"""Where a fleet repo comes from: a Git repository or a local folder.

Floor 3. `follower.py` follows a `Source` and hands what it fetched to the controller.
"""
