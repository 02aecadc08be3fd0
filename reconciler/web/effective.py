"""An agent's effective config as people may see it: read, masked, written again.

Called by `api.py` in a worker thread. Masking works on the parsed tree, because a
secret in a block scalar or a flow mapping escapes whoever masks line by line; so what
cannot be parsed is neither shown nor quoted. Rather too much is hidden than too little.
"""

from reconciler.fleet.findings import Fault
from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.fleet.syntax import dump, masking, yaml
from reconciler.state import contents
from reconciler.state.observed import EffectiveConfig
from reconciler.web import text
from reconciler.web.answers import Document


def readable(config: EffectiveConfig) -> Document:
    """Every entry with its text, or why there is none."""
    return {
        "digest": config.digest.hex(),
        "entries": [
            {
                "name": text.line(name, limit=256),
                "contentType": text.line(entry.content_type, limit=128),
                **_text(entry),
            }
            for name, entry in sorted(config.entries.items())
        ],
    }


def _text(entry: ConfigEntry) -> Document:
    try:
        documents = yaml.compose(entry.body, "effective config")
    except Fault as fault:
        return {"text": None, "unreadable": text.line(contents.words(fault))}
    masked = (dump.dump(masking.masked(node)).decode() for node in documents)
    return {"text": text.block("---\n".join(masked)), "unreadable": None}
