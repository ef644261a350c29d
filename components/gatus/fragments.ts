/** Folder in which k8s-sidecar puts the files of labelled ConfigMaps; Gatus does not read it. */
export const FRAGMENTS_DIRECTORY = "/fragments";
/** Key of the script in its ConfigMap. */
export const FRAGMENTS_SCRIPT = "fragments.py";

/**
 * k8s-sidecar runs this script after every change, with the Python and PyYAML in its image. One invalid endpoint makes Gatus reject its whole configuration,
 * and Gatus reads any section from any file, such as alerting, storage or a login. So the script takes only endpoints from a fragment, and only those that
 * Gatus accepts, with known fields of the right type, and each key only once. It logs and omits the others. `$` is doubled, since Gatus expands variables
 * everywhere.
 *
 * Environment variables: FOLDER, OUTPUT, DISCOVERED (a file with other endpoints, which take precedence) and RESERVED (the keys of the endpoints in the stack's
 * configuration, as JSON). Gatus 5.36: config/endpoint/endpoint.go, `ValidateAndSetDefaults`.
 */
export const FRAGMENTS_PROGRAM = String.raw`#!/usr/bin/env python
import json, os, re, sys
import yaml

DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ms|s|m|h))+")
CONDITION = re.compile(r"\S.* (==|!=|<=|>=|<|>) .*\S")
URL = re.compile(r"(https?|tcp|udp|sctp|icmp|starttls|tls|wss?)://[^\s/?#]+\S*")
TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV"}

def text(value):
    return isinstance(value, str) and value != ""

def flag(value):
    return isinstance(value, bool)

def number(value):
    return isinstance(value, int) and not flag(value) and value > 0

def matching(pattern):
    return lambda value: text(value) and pattern.fullmatch(value) is not None

def fields(**known):
    def check(value):
        return isinstance(value, dict) and all(
            isinstance(key, str) and key.replace("-", "_") in known and known[key.replace("-", "_")](each)
            for key, each in value.items())
    return check

def each(check, least=0):
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(check, value))

ALERT = fields(type=text, enabled=flag, failure_threshold=number, success_threshold=number, send_on_resolved=flag,
               description=lambda value: text(value) and '"' not in value and "\\" not in value)
ENDPOINT = fields(
    enabled=flag, name=text, group=text, url=text, body=text, graphql=flag, interval=matching(DURATION),
    method=matching(re.compile(r"[A-Z]+")), conditions=each(matching(CONDITION), 1), alerts=each(ALERT),
    headers=lambda value: isinstance(value, dict) and all(text(name) and text(one) for name, one in value.items()),
    client=fields(insecure=flag, ignore_redirect=flag, timeout=matching(DURATION)),
    dns=fields(query_type=lambda value: value in TYPES, query_name=text),
    ui=fields(hide_conditions=flag, hide_hostname=flag, hide_port=flag, hide_url=flag, hide_errors=flag))

def is_valid(endpoint):
    if not ENDPOINT(endpoint) or not {"name", "url", "conditions"} <= endpoint.keys():
        return False
    if "dns" in endpoint:
        return {"query-type", "query-name"} <= endpoint["dns"].keys() and "://" not in endpoint["url"]
    return URL.fullmatch(endpoint["url"]) is not None

def key_of(endpoint):
    clean = lambda part: re.sub(r"[/_., #+&]", "-", str(part).lower().strip())
    return clean(endpoint.get("group", "")) + "_" + clean(endpoint["name"])

def literal(value):
    if isinstance(value, dict):
        return {name: literal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [literal(one) for one in value]
    return value.replace("$$", "$").replace("$", "$$") if isinstance(value, str) else value

def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
        return content.get("endpoints") if isinstance(content, dict) else None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None

def leave_out(path, reason):
    print("left out:", os.path.basename(path), reason, file=sys.stderr)

taken = set(json.loads(os.environ.get("RESERVED", "[]")))
for endpoint in read(os.environ.get("DISCOVERED", "")) or []:
    taken.add(key_of(endpoint))
accepted = []
for folder, _, names in sorted(os.walk(os.environ["FOLDER"])):
    for name in sorted(names):
        path = os.path.join(folder, name)
        if not name.endswith((".yaml", ".yml")) or os.path.getsize(path) > 1000000:
            continue
        endpoints = read(path)
        if not isinstance(endpoints, list):
            leave_out(path, "has no list of endpoints")
            continue
        for index, endpoint in enumerate(endpoints):
            if not is_valid(endpoint):
                leave_out(path, "endpoint %d is not one that Gatus accepts" % index)
            elif key_of(endpoint) in taken:
                leave_out(path, "endpoint %d has the name and group of another one" % index)
            else:
                taken.add(key_of(endpoint))
                accepted.append(literal(endpoint))

output = os.environ["OUTPUT"]
content = json.dumps({"endpoints": accepted}, sort_keys=True)
if not os.path.exists(output) or open(output).read() != content:
    with open(output + ".new", "w") as file:
        file.write(content)
    os.replace(output + ".new", output)
`;
