/** Key of the script in its ConfigMap. */
export const FILTER_SCRIPT = "endpoints.py";
/** Port of the script's health check. */
export const FILTER_PORT = 8082;

/**
 * Writes the file of endpoints that Gatus reads, from the files of gatus-sidecar and k8s-sidecar, with the Python and PyYAML in k8s-sidecar's image. Without
 * it, one wrong annotation would stop all monitoring: Gatus rejects its whole configuration because of one invalid endpoint, reads any section from any file,
 * and expands the variables of its environment everywhere. So the script passes on only fields that Gatus accepts, each key only once, with `$` doubled. A
 * field that it does not know or accept is left out of its endpoint, and an endpoint without a valid name, URL or condition is left out; both are logged.
 *
 * Environment variables: OUTPUT, PORT, DISCOVERED (gatus-sidecar's file, which takes precedence), FRAGMENTS (k8s-sidecar's folder), RESERVED (the keys of the
 * endpoints in the stack's configuration) and PLAIN_HTTP (a port for each hostname that no HTTPS listener serves, and 0 for the others;
 * gatus-sidecar always writes `https://`). The last two are JSON.
 *
 * BaseLoader reads every scalar as text. PyYAML's other loaders fail on texts that gatus-sidecar writes without quotes, such as `=`. Gatus 5.36:
 * config/endpoint/endpoint.go, `ValidateAndSetDefaults`; what its YAML parser accepts: go.yaml.in/yaml, readerc.go.
 */
export const FILTER_PROGRAM = String.raw`#!/usr/bin/env python
import http.server, ipaddress, json, os, re, socket, socketserver, sys, threading, time
import yaml

Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
READABLE = "\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
TEXT, UNREADABLE = re.compile("[" + READABLE + "]+"), re.compile("[^" + READABLE + "]")
DURATION = re.compile(r"([0-9]{1,5}(\.[0-9]{1,6})?(ms|s|m|h)){1,4}")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
CONDITION = re.compile(r"\S[^\n]* (==|!=|<=|>=|<|>) [^\n]*\S")
HOST = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
URL = re.compile(r"(https?|tcp|udp|sctp|icmp|starttls|tls|wss?)://" + HOST + r"(:[0-9]{1,5})?([/?#]([^\s%\x00-\x1f\x7f]|%[0-9A-Fa-f]{2})*)?")
TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV"}

class Invalid(Exception):
    pass

def need(condition):
    if not condition:
        raise Invalid()

def text(value):
    need(isinstance(value, str) and TEXT.fullmatch(value))
    return value

def line(value):
    need("\n" not in text(value) and "\r" not in value and value.strip() != "")
    return value

def flag(value):
    need(isinstance(value, str) and value.lower() in ("true", "false"))
    return value.lower() == "true"

def number(value):
    need(isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,5}", value))
    return int(value)

def matching(pattern):
    def check(value):
        need(re.fullmatch(pattern, text(value)))
        return value
    return check

def seconds(duration):
    return sum(float(amount) * UNITS[unit] for amount, unit in re.findall(r"([0-9.]+)(ms|s|m|h)", duration))

def interval(value):
    need(DURATION.fullmatch(text(value)) and seconds(value) >= 1)
    return value

def unquoted(value):
    need('"' not in text(value) and "\\" not in value)
    return value

def title(value):
    return unquoted(line(value))

def fields(**known):
    def check(value, report=lambda name: None):
        need(isinstance(value, dict))
        found = {}
        for name, each in value.items():
            if each in ("", "null", "~"):
                continue
            try:
                found[name] = known[str(name).replace("-", "_")](each)
            except (Invalid, KeyError):
                report(name)
        return found
    return check

def every(check):
    def of(value):
        need(isinstance(value, list))
        return [check(each) for each in value]
    return of

def texts(value):
    need(isinstance(value, dict))
    return {line(name): text(each) for name, each in value.items()}

ALERT = fields(type=line, enabled=flag, failure_threshold=number, success_threshold=number, send_on_resolved=flag,
               description=unquoted)
UI = ("hide_conditions", "hide_hostname", "hide_port", "hide_url", "hide_errors", "dont_resolve_failed_conditions",
      "resolve_successful_conditions")
ENDPOINT = fields(
    enabled=flag, name=title, group=title, url=text, body=text, graphql=flag, interval=interval,
    method=matching(r"[A-Za-z]+"), conditions=every(matching(CONDITION)), alerts=every(ALERT), headers=texts,
    client=fields(insecure=flag, ignore_redirect=flag, timeout=matching(DURATION), network=matching(r"ip[46]?"),
                  dns_resolver=matching(r"(tcp|udp)://[0-9.]+:[1-9][0-9]{0,3}")),
    dns=fields(query_type=matching("|".join(TYPES)), query_name=line),
    ui=fields(**{name: flag for name in UI}))

def endpoint_of(value, report):
    endpoint = ENDPOINT(value, report)
    need({"name", "url"} <= endpoint.keys() and endpoint.get("conditions"))
    if any("[DOMAIN_EXPIRATION]" in each.upper() for each in endpoint["conditions"]):
        need(seconds(endpoint.get("interval", "1m")) >= 300)
    if "dns" in endpoint:
        need({"query-type", "query-name"} <= endpoint["dns"].keys() and re.fullmatch(HOST + "(:53)?", endpoint["url"]))
    else:
        need(URL.fullmatch(endpoint["url"]))
    host = host_of(endpoint["url"])
    need(not host.startswith("[") or is_ipv6(host[1:-1]))
    return endpoint

def is_ipv6(text):
    try:
        return ipaddress.IPv6Address(text) is not None
    except ValueError:
        return False

def key_of(endpoint):
    # Go lowers each character alone, and this one to a single character.
    lower = lambda part: "".join("i" if each == "\u0130" else each.lower() for each in part)
    clean = lambda part: re.sub(r"[/_., #+&]", "-", lower(part).strip())
    return clean(endpoint.get("group", "")) + "_" + clean(endpoint["name"])

def host_of(url):
    match = re.match(r"(?:\w+://)?" + HOST, url)
    return match[1] if match else url

def over_http(endpoint):
    match = re.fullmatch(r"https://([^/?#:]+)([/?#].*)?", endpoint["url"])
    covering = [pattern for pattern in PLAIN_HTTP if match and (
        match[1].endswith(pattern[1:]) if pattern.startswith("*.") else match[1] == pattern)]
    port = PLAIN_HTTP[max(covering, key=len)] if covering else 0
    if port == 0:
        return endpoint
    host = match[1] if port == 80 else "%s:%d" % (match[1], port)
    return {**endpoint, "url": "http://" + host + (match[2] or "")}

def literal(value):
    if isinstance(value, dict):
        return {name: literal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [literal(one) for one in value]
    return value.replace("$$", "$").replace("$", "$$") if isinstance(value, str) else value

def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            content = yaml.load(UNREADABLE.sub("\ufffd", file.read()), Loader)
        endpoints = content.get("endpoints") if isinstance(content, dict) else None
        return endpoints if isinstance(endpoints, list) else None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None

def log(*words):
    print("left out:", *words, file=sys.stderr, flush=True)

def valid(path, endpoints):
    source = os.path.basename(path)
    if endpoints is None:
        log(source, "has no list of endpoints")
    for index, value in enumerate(endpoints or []):
        name = json.dumps(value.get("name") if isinstance(value, dict) else None)
        try:
            yield source, endpoint_of(value, lambda field: log(source, "field", json.dumps(str(field)), "of endpoint", index, name))
        except Exception:
            # Whatever this is, it must not affect the other endpoints.
            log(source, "endpoint", index, name, "is not one that Gatus accepts")

def discovered():
    if not DISCOVERED or not os.path.exists(DISCOVERED):
        return
    found = [over_http(each) for _, each in valid(DISCOVERED, read(DISCOVERED))]
    for endpoint in sorted(found, key=lambda each: json.dumps(each, sort_keys=True)):
        if key_of(endpoint) in taken:
            endpoint = {**endpoint, "name": endpoint["name"] + " " + host_of(endpoint["url"])}
        yield os.path.basename(DISCOVERED), endpoint

def labelled():
    for folder, _, names in sorted(os.walk(FRAGMENTS)) if FRAGMENTS else []:
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith((".yaml", ".yml")) and os.path.getsize(path) <= 1000000:
                yield from valid(path, read(path))

def write():
    taken.clear()
    taken.update(RESERVED)
    accepted = []
    for source in (discovered(), labelled()):
        for name, endpoint in source:
            if key_of(endpoint) in taken:
                log(name, "endpoint", json.dumps(endpoint["name"]), "has the name and group of another one")
                continue
            taken.add(key_of(endpoint))
            accepted.append(literal(endpoint))
    # YAML accepts no escaped surrogates, which is how JSON writes some characters.
    content = json.dumps({"endpoints": accepted}, sort_keys=True, ensure_ascii=False)
    if not os.path.exists(OUTPUT) or open(OUTPUT, encoding="utf-8").read() != content:
        with open(OUTPUT + ".new", "w", encoding="utf-8") as file:
            file.write(content)
        # Gatus compares whole seconds, so it would never notice a file that is written in the second in which it has read the former one.
        os.utime(OUTPUT + ".new", (time.time() + 1, time.time() + 1))
        os.replace(OUTPUT + ".new", OUTPUT)

def state():
    files = [os.path.join(folder, name) for folder, _, names in os.walk(FRAGMENTS) for name in names] if FRAGMENTS else []
    return [(file, os.stat(file).st_mtime_ns) for file in sorted(files) + [DISCOVERED] if file and os.path.exists(file)]

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if time.monotonic() - passed[0] < 30 else 503)
        self.end_headers()

    def log_message(self, *_):
        pass

class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    allow_reuse_address = daemon_threads = True

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

OUTPUT, DISCOVERED, FRAGMENTS = (os.environ.get(name, "") for name in ("OUTPUT", "DISCOVERED", "FRAGMENTS"))
RESERVED, PLAIN_HTTP = (json.loads(os.environ.get(name) or "{}") for name in ("RESERVED", "PLAIN_HTTP"))
taken, passed, last = set(), [0], None
write()
if "PORT" in os.environ:
    passed[0] = time.monotonic()
    server = Server(("", int(os.environ["PORT"])), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
while "PORT" in os.environ:
    try:
        current = state()
        if current != last:
            write()
            last = current
        passed[0] = time.monotonic()
    except OSError as error:
        # A file was replaced while it was read.
        print(error, file=sys.stderr, flush=True)
    time.sleep(1)
`;
