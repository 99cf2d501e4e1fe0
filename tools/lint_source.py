"""Reads C++ and Python just deeply enough to find functions. Used by tools/lint.py."""

import ast
import re

TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|(?:u8|[uUL])?R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|\b\d[\w.]*(?:'\w+)*|'(?:\\.|[^'\\\n])+'", re.S)


def strip_cpp(text):
    """The same text with comments blanked and literals emptied; every line keeps its number and its columns."""
    def blank(found):
        token = found.group()
        if token[0].isdigit():
            return token.replace("'", "0")
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return '"' + re.sub(r"[^\n]", " ", token[1:-1]) + '"'
    return TOKEN.sub(blank, text)


PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b(.*)", re.S)
ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\b(?:alignas|__attribute__)\s*\((?:[^()]|\([^()]*\))*\)", re.S)
INITIALISERS = re.compile(r"\)[^;{}]*(?<!:):(?!:)[^;]*[\w>]\s*$", re.S)


def without_angles(text):
    """Drops <...>, innermost first, so that template arguments do not look like a signature."""
    while True:
        shorter = re.sub(r"<[^<>(){};]*(?:\([^<>(){};]*\)[^<>(){};]*)*>", "", text)
        if shorter == text:
            return text
        text = shorter


def kind_of(header):
    """What the brace after `header` opens: scope, function, member (an initialiser inside a constructor), or data."""
    header = ATTRIBUTE.sub("", header).strip()
    if re.search(r"\bnamespace\b[\w\s:]*$", header) or re.search(r'\bextern\s*"\s*"?\s*$', header):
        return "scope"
    plain = without_angles(re.sub(r"\btemplate\s*(?=<)", "", header))
    type_found = TYPE.search(plain)
    if type_found and "(" not in type_found.group(1) and ")" not in type_found.group(1):
        return "scope"
    if ")" not in plain or plain.endswith("="):
        return "data"
    return "member" if INITIALISERS.search(plain) else "function"


def cpp_functions(code):
    """(first line, number of lines) of each outermost function body in text from strip_cpp."""
    code = PREPROCESSOR.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), code)
    functions, stack, parens, start, header = [], [], 0, None, []
    opaque = 0  # Depth of braces inside a function, an initialiser or an argument list, where nothing more is looked for.
    for position, char in enumerate(code):
        if opaque:
            opaque += (char == "{") - (char == "}")
            if opaque == 0:
                kind = stack.pop()
                if kind == "function":
                    first = code.count("\n", 0, start) + 1
                    functions.append((first, code.count("\n", 0, position) + 2 - first))
                    start, header = None, []
                else:
                    header.append(")" if kind == "member" else "")
            continue
        if char == "{":
            kind = kind_of("".join(header)) if parens == 0 else "data"
            stack.append(kind)
            if kind == "scope":
                start, header = None, []
            else:
                opaque = 1
            continue
        parens += (char == "(") - (char == ")")
        if char == "}" or (char == ";" and parens <= 0):
            if char == "}" and stack:
                stack.pop()
            start, header, parens = None, [], 0
            continue
        if char == ":" and "".join(header).strip() in ("public", "private", "protected"):
            start, header = None, []
            continue
        if start is None and not char.isspace():
            start = position
        if start is not None:
            header.append(char)
    return functions


def python_functions(text, name):
    """[(first line, number of lines)] of functions and [(line, name)] of classes; SyntaxError when it does not parse."""
    tree = ast.parse(text, name)
    nodes = list(ast.walk(tree))
    functions = [(n.lineno, n.end_lineno - n.lineno + 1) for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return functions, [(n.lineno, n.name) for n in nodes if isinstance(n, ast.ClassDef)]
