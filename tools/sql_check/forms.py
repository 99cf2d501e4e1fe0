"""The forms of expressions that tools/sql_check draws from, by the type of their result.

In a form, {kind} is an expression of that type, {kind!} a literal, {kind@} an expression without subqueries, and
`a|b` one of the texts. A form is used where REM DB answers it, or fails by its data: see `probe` of sql_diff.py.
"""

NUMERIC_FORMS = ["({0} `+|-|*` {0})", "(- {0})", "abs({0})", "({0} `/|%` {0!})"]


def of_kind(forms, kind):
    return [form.replace("{0}", "{" + kind + "}").replace("{0!}", "{" + kind + "!}") for form in forms]


ANY_FORMS = ["CASE WHEN {boolean} THEN {0} ELSE {0} END", "CASE {0} WHEN {0} THEN {0} WHEN {0} THEN {0} END", "coalesce({0}, {0})",
             "coalesce({0}, NULL, {0})", "nullif({0}, {0})"]
ORDERED_FORMS = ["`greatest|least`({0}, {0})", "`greatest|least`({0}, {0}, {0!})"]

FORMS = {
    "smallint": ["({boolean})::integer::smallint", "({smallint} `&|#` {smallint})"],
    "integer": [*of_kind(NUMERIC_FORMS, "integer"),
                "({smallint} + {integer})", "length({text})", "strpos({text}, {text})", "({boolean})::integer", "cardinality({integer[]})",
                "array_length({text[]}, 1)", "({integer} `&|#` {integer})", "ascii({text})", "({date} - {date!})", "octet_length({text})",
                "extract(`year|month|day|doy|dow` from {date})::integer", "({integer[]})[{count!}]", "array_position({text[]}, {text})",
                "jsonb_array_length('[1,2]'::jsonb || {jsonb@})", "position({text} in {text})", "sign({integer})::integer", "({numeric!})::integer"],
    "bigint": [*of_kind(NUMERIC_FORMS, "bigint"),
               "({integer} + {bigint})", "({bigint} - {smallint})", "sign({double precision})::bigint", "cast({double precision} as bigint)",
               "({integer})::bigint", "extract(year from `{timestamptz}|{timestamp}|{date}`)::bigint", "round({numeric})::bigint", "({bigint} `&|#` {bigint})",
               "extract(`hour|minute|day` from {interval})::bigint", "length({text})::bigint", "mod({bigint}, {bigint!})", "div({numeric}, {numeric!})::bigint"],
    "numeric": [*of_kind(NUMERIC_FORMS, "numeric"),
                "({bigint} `+|-|*` {numeric})", "({numeric} `+|-|*` {integer})", "({bigint})::numeric", "({integer})::numeric", "round({numeric}, {count!})",
                "trunc({numeric}, {count!})", "`floor|ceil|round|trunc|sign`({numeric})", "({numeric})::numeric(12,2)", "extract(second from {timestamp})",
                "extract(epoch from {interval})", "mod({numeric}, {numeric!})", "({numeric!})", "sqrt(abs({numeric}))"],
    "double precision": ["({double precision} `+|-|*|/` {double precision})", "({double precision} `+|-|*` `{bigint}|{integer}|{numeric}`)",
                         "`floor|ceil|round|abs|sign|trunc`({double precision})", "sqrt(abs({double precision}))", "({bigint})::double precision",
                         "({numeric})::double precision", "({integer})::float", "date_part('day', {timestamptz})", "(- {double precision})"],
    "text": ["({text} || {text})", "({text} || `{bigint}|{boolean}|{date}|{numeric}|({integer[]})::text`)", "`lower|upper|reverse|btrim|ltrim|rtrim|initcap`({text})",
             "`left|right`({text}, {count!})", "substr({text}, {count!})", "substring({text} from {count!} for {size!})", "replace({text}, {text}, {text})",
             "repeat({text}, {count!})", "`lpad|rpad`({text}, {count!}, {text})", "split_part({text}, {text}, `1|2|-1`)", "concat({text}, `{bigint}|{date}|{numeric}`)",
             "(`{bigint}|{boolean}|{uuid}|{integer}|{numeric}|{date}|{timestamp}|{interval}|{integer[]}|{text[]}`)::text", "({jsonb} ->> 'a')",
             "concat_ws({text}, {text}, `{integer}|{boolean}`, {text})", "translate({text}, {text}, {text})", "array_to_string({text[]}, {text})",
             "trim(`leading|trailing|both` {text} from {text})", "overlay({text} placing {text} from `1|2|3` for {size!})", "({text[]})[{count!}]",
             "regexp_replace({text}, {regex!}, {text!})", "regexp_replace({text}, {regex!}, '<\\&>', 'g')", "substring({text} from {regex!})", "md5({text})",
             "format('%s-%s', {text}, {bigint})", "quote_literal({text})", "to_char({integer}, '`999|FM000|9,999|S99`')", "to_char({numeric}, '`FM990.00|9.9|00.0`')",
             "to_char({timestamp}, '`YYYY-MM-DD|HH24:MI:SS|DD Mon YY|Day`')", "({text})::varchar(3)", "jsonb_typeof({jsonb})", "({jsonb} #>> '{c,d}')"],
    "boolean": ["({boolean} `AND|OR` {boolean})", "({boolean} `AND|OR` {boolean})", "(NOT {boolean})", "({boolean} IS `TRUE|NOT FALSE|UNKNOWN|NOT UNKNOWN`)",
                "({text} `LIKE|NOT LIKE|ILIKE` {pattern!})", "({text} `LIKE|NOT LIKE` {text})", "({text} `~|~*|!~` {regex!})", "({text} SIMILAR TO {pattern!})",
                "({jsonb} @> {jsonb!})", "({jsonb} <@ {jsonb})", "({jsonb} ? {text})", "({jsonb} = {jsonb})", "starts_with({text}, {text})",
                "(`{bigint}|{integer}` `=|<|>=|<>` `{double precision}|{numeric}`)", "({numeric} `=|<|>=` {double precision})", "({smallint} `=|<|>` {bigint})",
                "({date} `=|<|>=` {timestamp})", "(({bigint}, {text}) `=|<|<>|>=` ({bigint}, {text}))", "(({integer}, {date}) `<|>=` ({bigint}, {date}))",
                "(({bigint}, {text}) `IN|NOT IN` (({bigint!}, {text}), ({bigint}, {text!})))", "({integer} `= ANY|<> ALL|< ANY|>= ALL` (ARRAY[{integer}, {integer}]))",
                "({text} `= ANY|<> ALL` ({text[]}))", "({integer} `= ANY|> ALL` ({integer[]}))", "({integer[]} `=|<|<>|@>|<@|&&` {integer[]})",
                "({text[]} `=|<|@>|&&` {text[]})", "(({text}, {boolean}) IS `NOT |`NULL)", "({bigint} IN ({bigint!}, {bigint!}, {bigint!}, {bigint!}, NULL))",
                "({text} IN ({text!}, {text!}, {text!}))", "({bigint} BETWEEN {bigint!} AND {bigint!})", "({text} BETWEEN {text!} AND {text!})", "isfinite({date})",
                "(({date}, {date}) OVERLAPS ({date}, {date}))", "(({boolean})::text)::boolean"],
    "date": ["({date} `+|-` {size!})", "({timestamp})::date", "make_date(2024, {month!}, {month!})", "({timestamptz})::date", "to_date('2024-02-0' || {size!}, 'YYYY-MM-DD')"],
    "time": ["({timestamp})::time", "({time} `+|-` {interval})", "make_time({month!}, {month!}, 1.5)"],
    "timestamp": ["({timestamp} `+|-` {interval})", "date_trunc('`day|month|year|hour|week|quarter|minute`', {timestamp})", "({date})::timestamp",
                  "({date} + {time})", "({date} `+|-` {interval})", "({timestamptz} AT TIME ZONE 'UTC')", "make_timestamp(2024, {month!}, {month!}, 5, 6, 7.5)"],
    "timestamptz": ["date_trunc('`day|month|year|hour|week`', {timestamptz})", "({timestamptz} `+|-` {interval})", "({timestamp} AT TIME ZONE 'UTC')",
                    "({date})::timestamptz", "({timestamp})::timestamptz"],
    "interval": ["({timestamp} - {timestamp})", "({timestamptz} - {timestamptz})", "({interval} `+|-` {interval})", "({interval} * {size!})", "(- {interval})",
                 "age({timestamp}, {timestamp})", "justify_`days|hours|interval`({interval})", "({time} - {time})", "make_interval(days => {size!})", "({interval} / 2)"],
    "uuid": [],
    "jsonb": ["({jsonb} -> '`a|b|c`')", "to_jsonb(`{bigint}|({text})::text|{boolean}|{numeric}|{integer[]}|{text[]}`)", "jsonb_build_object('k', `{bigint}|({text})::text|{date}|{jsonb}`)",
              "jsonb_build_array({integer}, ({text})::text)", "({jsonb} || {jsonb})", "({jsonb} - '`a|b`')", "jsonb_strip_nulls({jsonb})", "jsonb_set({jsonb}, ARRAY['a'], {jsonb!})",
              "({jsonb} #> '{c,d}')"],
    "integer[]": ["ARRAY[{integer}, {integer}]", "({integer[]} || {integer})", "({integer[]} || {integer[]})", "array_`append|remove`({integer[]}, {integer})",
                  "({integer[]})[{count!}:{count!}]", "array_replace({integer[]}, {integer}, {integer})"],
    "text[]": ["ARRAY[{text}, {text}]", "string_to_array({text}, {text})", "({text[]} || {text[]})", "array_`append|remove`({text[]}, {text})",
               "({integer[]})::text[]", "regexp_split_to_array({text}, {regex!})", "array_prepend({text}, {text[]})"],
}
ORDERED = [kind for kind in FORMS if kind not in ("jsonb", "boolean")]
for KIND, OF in FORMS.items():
    OF += of_kind(ANY_FORMS, KIND)
    if KIND in ORDERED:
        OF += of_kind(ORDERED_FORMS, KIND)
COMPARISONS = ["({0} `=|<>|<|<=|>|>=` {0})", "({0} `=|<|>=` {0!})", "({0} IS `NOT |`NULL)", "({0} IS `NOT |`DISTINCT FROM {0})",
               "({0} `IN|NOT IN` ({0}, {0!}, {0}))", "({0} `BETWEEN|NOT BETWEEN|BETWEEN SYMMETRIC` {0} AND {0!})"]

# Aggregates by the type of their result. {kind#} is the same expression everywhere in the form, so that an order is total.
AGGREGATES = {
    "bigint": ["count(*)", "count({any})", "count(DISTINCT {any})", "sum({integer})", "sum(DISTINCT {integer})", "sum({smallint})", "count({boolean} OR NULL)"],
    "numeric": ["sum({numeric})", "avg({numeric})", "sum({bigint})", "avg({bigint})", "avg({integer})", "sum(DISTINCT {numeric})", "variance({integer})"],
    "double precision": ["sum({double precision})", "avg({double precision})", "`stddev|var_pop`({double precision})"],
    "boolean": ["`bool_and|bool_or|every`({boolean})"],
    "text": ["string_agg({text#}, ',' ORDER BY {text#})", "string_agg(DISTINCT ({text#})::text, '' ORDER BY ({text#})::text DESC)"],
    "integer[]": ["array_agg({integer#} ORDER BY {integer#})", "array_agg(DISTINCT {integer#} ORDER BY {integer#})"],
    "text[]": ["array_agg(({text#})::text ORDER BY {text#} DESC NULLS LAST)"],
    "interval": ["sum({interval})", "avg({interval})"],
    "jsonb": ["jsonb_agg({integer#} ORDER BY {integer#})", "jsonb_object_agg({text#}, {integer#} ORDER BY {integer#})"],
}
for KIND in FORMS:
    if KIND not in ("boolean", "uuid", "jsonb"):
        AGGREGATES.setdefault(KIND, []).append("`min|max`({" + KIND + "})")

# Literals that are no type of their own.
LITERALS = {
    "count": ["-3", "-1", "0", "1", "2", "3", "5"], "size": ["0", "1", "2", "4"], "month": ["1", "2", "7", "12"],
    "pattern": ["'%'", "'a%'", "'%a'", "'%a%'", "'_'", "'a_'", "'%o_'", "'f%o'", "''", "'A%'", "'1_'", "'%\\%'", "'a\\_b'", "'%b%'"],
    "regex": ["'a'", "'^a'", "'o+$'", "'[a-c]+'", "'(a|b)c?'", "'.'", "'\\d+'", "'\\s'", "'^$'", "'x*'", "'[^a]'", "'(f)(o)'"],
}
