"""Functions and fields of OTTL, to find the one that a misspelt name means.

Components have more of their own, and every release adds some. So a name is called
wrong only when a slip of the pen, or letter case, makes it of a known one.
"""

from typing import Final

from reconciler.fleet.syntax import spelling

_EDITORS: Final = (
    *("append", "delete_index", "delete_key", "delete_matching_keys", "flatten"),
    *("keep_keys", "keep_matching_keys", "limit", "merge_maps", "replace_all_matches"),
    *("replace_all_patterns", "replace_match", "replace_pattern", "route", "set"),
    *("set_semconv_span_name", "truncate_all", "aggregate_on_attribute_value"),
    *("aggregate_on_attributes", "convert_exponential_histogram_to_histogram"),
    *("convert_gauge_to_sum", "convert_sum_to_gauge", "copy_metric", "drop"),
    *("convert_summary_count_val_to_sum", "convert_summary_quantile_val_to_gauge"),
    *("convert_summary_sum_val_to_sum", "extract_count_metric", "extract_sum_metric"),
    *("merge_histogram_buckets", "scale_metric"),
)
_CONVERTERS: Final = (
    *("Base64Decode", "Base64Encode", "Bool", "CommunityID", "Concat"),
    *("ContainsValue", "ConvertAttributesToElementsXML", "ConvertCase"),
    *("ConvertTextToElementsXML", "Day", "Decode", "Double", "Duration"),
    *(
        "ExtractGrokPatterns",
        "ExtractPatterns",
        "FNV",
        "Format",
        "FormatTime",
        "GetXML",
    ),
    *("HasAttrKeyOnDatapoint", "HasAttrOnDatapoint", "HasPrefix", "HasSuffix", "Hex"),
    *("Hour", "Hours", "Index", "InsertXML", "Int", "IsBool", "IsDouble", "IsInCIDR"),
    *("IsInt", "IsList", "IsMap", "IsMatch", "IsRootSpan", "IsString", "IsValidLuhn"),
    *("Keys", "Len", "Log", "MD5", "Microseconds", "Milliseconds", "Minute", "Minutes"),
    *("Month", "Murmur3Hash", "Murmur3Hash128", "Nanosecond", "Nanoseconds", "Now"),
    *("ParseCSV", "ParseInt", "ParseJSON", "ParseKeyValue", "ParseSeverity"),
    *("ParseSimplifiedXML", "ParseXML", "ProfileID", "RemoveXML", "SHA1", "SHA256"),
    *("SHA512", "Second", "Seconds", "SliceToMap", "Sort", "SpanID", "Split", "String"),
    *("Substring", "Time", "ToCamelCase", "ToKeyValueString", "ToLowerCase"),
    *("ToSnakeCase", "ToUpperCase", "TraceID", "Trim", "TrimPrefix", "TrimSuffix"),
    *("TruncateTime", "URL", "UUID", "UUIDv7", "Unix", "UnixMicro", "UnixMilli"),
    *("UnixNano", "UnixSeconds", "UserAgent", "Values", "Weekday", "XXH128", "XXH3"),
    "Year",
)
_FIELDS: Final = frozenset(
    (
        *("aggregation_temporality", "attributes", "body", "bucket_counts", "cache"),
        *("code", "count", "data_points", "description", "dropped_attributes_count"),
        *("dropped_events_count", "dropped_links_count", "end_time", "event_index"),
        *("end_time_unix_nano", "event_name", "events", "exemplars", "explicit_bounds"),
        *("flags", "is_monotonic", "kind", "links", "message", "metadata", "name"),
        *("negative", "observed_time", "observed_time_unix_nano", "parent_span_id"),
        *("positive", "quantile_values", "scale", "schema_url", "severity_number"),
        *("severity_text", "span_id", "start_time", "start_time_unix_nano", "status"),
        *("string", "sum", "time", "time_unix_nano", "trace_id", "trace_state", "type"),
        *("unit", "value_double", "value_int", "version", "zero_count", "bool", "int"),
        *("double", "bytes", "map", "slice", "events", "offset", "threshold", "id"),
        *("resource", "scope", "instrumentation_scope", "otelcol", "span", "spanevent"),
        *("metric", "datapoint", "log", "profile", "client", "grpc", "addr", "auth"),
    )
)
_SHORTEST: Final = 4
"""Of shorter words too many are one slip away."""
_KNOWN: Final = frozenset((*_EDITORS, *_CONVERTERS))
_FOLDED: Final = {one.casefold(): one for one in _KNOWN}


def field(name: str) -> str | None:
    """The field that a part of a path was meant for; None for one that may be right."""
    if name in _FIELDS or len(name) < _SHORTEST:
        return None
    return next((one for one in sorted(_FIELDS) if spelling.is_slip(name, one)), None)


def function(name: str) -> str | None:
    """The function that a name was meant for; None for one that is or may be right."""
    if name in _KNOWN:
        return None
    if folded := _FOLDED.get(name.casefold()):
        return folded
    return next((one for one in sorted(_KNOWN) if spelling.is_slip(name, one)), None)
