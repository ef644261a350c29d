import { isDeepStrictEqual } from "node:util";
import { ENABLED_ANNOTATION, type Template } from "../../../../kube/gatus-annotations.ts";
import { yamlMap } from "../../../../lib/yaml-map.ts";
import { endpointFiles } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { at, fields, list, text } from "../../../../policy/engine/read.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { whyNotSelected } from "../../selected.ts";
import { commentLosses, lossNotes, whyNotAccepted } from "../../losses.ts";
import { removeFromBuild, type Removal } from "../../remove-from-build.ts";
import { includedObjects, type IncludedObject } from "../../included-objects.ts";
import type { Note, Plan, StepContext } from "../../step.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { nameOf } from "../../objects.ts";
import { indexOf } from "../../clusters.ts";
import { alertNotes } from "./alerts.ts";
import { isEndpointMap } from "./endpoints.ts";
import { fragmentFor, hostAsked } from "./fragment.ts";
import { whyNoSuccess } from "./no-success.ts";
import { annotations, placedRoutes, placeKey, withAnnotations, type PlacedRoute } from "./places.ts";
import { whyUnread } from "./label-readers.ts";
import { GUARDED_URL, hasFragment, hostOf, sidecarEndpoint } from "./sidecar.ts";
import { notEditable, type EditedText } from "../../not-editable.ts";
import { whyUnserved } from "./unserved.ts";
import {
  runsSidecar,
  watchesAll,
  whyHarmful,
  whyNotMovable,
  whyOutOfScope,
  whyUnwatched,
} from "./watching.ts";

/** A route that takes over an endpoint. */
interface Move {
  readonly target: PlacedRoute;
  readonly fragment: Template;
}

/** A ConfigMap that stays, and why. */
interface Kept {
  readonly map: IncludedObject;
  readonly reason: string;
}

const BEFORE = [
  "before: gatus-sidecar must run in the pod of the Gatus instance that sends alerts, and must watch routes",
];
const AFTER_MOVE = [
  "after: Gatus's status page must show as many endpoints as before. Until Flux has pruned the ConfigMap, Gatus may reject its configuration, because the route and the ConfigMap define the same endpoint",
];

/** Moves endpoint ConfigMaps to their routes, each on the result of the previous one, then annotates the other routes. */
export class AnnotatePlan {
  readonly #context: StepContext;
  readonly #routes: readonly PlacedRoute[];
  readonly #byPlace: ReadonlyMap<string, readonly PlacedRoute[]>;
  readonly #byHost: ReadonlyMap<BuiltCluster, ReadonlyMap<string, readonly PlacedRoute[]>>;
  readonly #changes = new Map<string, string | undefined>();
  readonly #notes: Note[] = [];
  readonly #annotated = new Set<string>();
  /** The routes that were not monitored, by cluster. */
  readonly #enabled: PlacedRoute[] = [];

  constructor(context: StepContext) {
    this.#context = context;
    this.#routes = context.clusters.flatMap(placedRoutes);
    this.#byPlace = Map.groupBy(this.#routes, ({ place }) => placeKey(place));
    this.#byHost = new Map(
      context.clusters.map((cluster) => [
        cluster,
        routesByHost(this.#routes.filter((placed) => placed.cluster === cluster)),
      ]),
    );
  }

  run(): Plan {
    const kept: Kept[] = [];
    for (const map of includedObjects(this.#context, isEndpointMap)) {
      const reason = this.#move(map);
      if (reason !== undefined) kept.push({ map, reason });
    }
    this.#left(kept);
    for (const [key, routes] of this.#byPlace) if (!this.#annotated.has(key)) this.#enable(routes);
    return {
      changes: [...this.#changes].map(([path, text]) => ({ path, text })),
      notes: [...this.#notes, ...this.#alerts()],
      live: this.#annotated.size > 0 ? [...BEFORE, ...AFTER_MOVE] : BEFORE,
    };
  }

  #alerts(): readonly Note[] {
    const byCluster = Map.groupBy(this.#enabled, ({ cluster }) => cluster);
    return [...byCluster].flatMap(([cluster, routes]) => alertNotes([cluster], routes.length));
  }

  /** One note for all ConfigMaps that a generator in a shared component creates. */
  #left(kept: readonly Kept[]): void {
    const same = Map.groupBy(kept, ({ map, reason }) => JSON.stringify([map.position, reason]));
    for (const own of same.values()) {
      const [first] = own;
      if (!first) continue;
      const names = new Set(own.flatMap(({ map }) => map.forms.map(({ object }) => nameOf(object).name)));
      const [subject, verb] = names.size === 1 ? ["ConfigMap", "is"] : [`${names.size} ConfigMaps`, "are"];
      this.#notes.push({
        kind: first.reason.includes("--accept-loss") ? "refused" : "left",
        message: `${subject} ${[...names].join(", ")} ${verb} kept: ${first.reason}`,
        position: first.map.position,
      });
    }
  }

  /** Moves all endpoints in a ConfigMap; returns the reason if one of them cannot move. */
  #move(map: IncludedObject): string | undefined {
    const { options } = this.#context;
    const unwatched = map.forms
      .map(({ cluster }) => whyNotMovable(cluster, options) ?? whyUnread(cluster))
      .find(Boolean);
    if (unwatched !== undefined) return unwatched;
    const moves = map.forms.map(({ cluster, object }) => this.#movesOf(cluster, asKubeObject(object)));
    const [first] = moves;
    const reason = moves.find((one) => typeof one === "string");
    if (typeof reason === "string" || typeof first === "string" || !first)
      return reason ?? "it is not deployed to any cluster";
    const wanted = moves.map((one) => (typeof one === "string" ? [] : one.map(plainMove)));
    if (!wanted.every((one) => isDeepStrictEqual(one, wanted[0])))
      return "its content or its routes differ between clusters";
    const readers = first.flatMap(({ target }) => this.#at(target));
    if (readers.length !== first.length * map.forms.length)
      return "its route is also deployed where this endpoint is not";
    const changes = this.#changesOf(first);
    if (typeof changes === "string") return changes;
    const out = this.#removal(map, changes);
    if (typeof out === "string") return out;
    const losses = commentLosses(out.comments, "the ConfigMap");
    const unaccepted = whyNotAccepted(losses, this.#context);
    if (unaccepted !== undefined) return unaccepted.replace(/^unchanged, because /, "");
    for (const { path, text: left } of out.changes) changes.set(path, left);
    const refused = whyNotSelected(changes.keys(), this.#context);
    if (refused !== undefined) return refused;
    for (const [path, left] of changes) this.#changes.set(path, left);
    for (const { target } of first) this.#annotated.add(placeKey(target.place));
    this.#notes.push(...lossNotes(losses, map.position), ...replacedChecks(first, map.position));
    return undefined;
  }

  /** Removes the ConfigMap from the build, starting from what the moves planned so far leave in the files. */
  #removal(map: IncludedObject, changes: ReadonlyMap<string, string | undefined>): Removal | string {
    const { repository } = this.#context;
    const removal = removeFromBuild(map, repository);
    const touched = typeof removal === "string" ? [] : removal.changes.map(({ path }) => path);
    const isStale = [map.file, ...touched].some((path) => this.#changes.has(path) || changes.has(path));
    return isStale ? removeFromBuild(map, repository.with(new Map([...this.#changes, ...changes]))) : removal;
  }

  #movesOf(cluster: BuiltCluster, map: KubeObject): readonly Move[] | string {
    const moves: Move[] = [];
    const files = endpointFiles(map);
    if (files.length !== Object.keys(fields(map.data)).length || map.binaryData !== undefined)
      return "it contains more than endpoint files";
    for (const { file, endpoints } of files) {
      if (endpoints === undefined || !holdsEndpointsOnly(map, file, endpoints))
        return `${file} contains more than endpoints`;
      for (const endpoint of endpoints) {
        const target = this.#targetOf(endpoint, cluster);
        if (typeof target === "string") return target;
        const fragment = fragmentFor(target.route, indexOf(cluster), endpoint);
        if (typeof fragment === "string") return fragment;
        if (moves.some((move) => move.target === target))
          return "two of its endpoints belong to the same route";
        moves.push({ target, fragment });
      }
    }
    return moves.length === 0 ? "it contains no endpoint" : moves;
  }

  #targetOf(endpoint: Template, cluster: BuiltCluster): PlacedRoute | string {
    const host = hostAsked(endpoint);
    if (host === undefined) return "its endpoint has no host that a route could serve";
    const [target, ...others] = this.#byHost.get(cluster)?.get(host) ?? [];
    if (!target) return whyUnserved(host, cluster);
    if (others.length > 0) return `several routes serve ${host}`;
    const unwatched = whyOutOfScope(target.route, cluster);
    if (unwatched !== undefined) return unwatched;
    const present = fields(target.route.metadata.annotations);
    if (hasFragment(target.route) || this.#annotated.has(placeKey(target.place)))
      return `the route for ${host} already defines an endpoint`;
    return ENABLED_ANNOTATION in present && present[ENABLED_ANNOTATION] !== "true"
      ? `monitoring of ${host} is turned off on its route`
      : target;
  }

  #at({ place }: PlacedRoute): readonly PlacedRoute[] {
    return this.#byPlace.get(placeKey(place)) ?? [];
  }

  #changesOf(moves: readonly Move[]): Map<string, string | undefined> | string {
    const changes = new Map<string, string | undefined>();
    for (const { target, fragment } of moves) {
      const { file } = target.place;
      const done = this.#annotate(target, annotations(fragment), changes.get(file));
      if ("obstacle" in done) return `its route cannot be annotated: ${notEditable(done, file)}`;
      changes.set(file, done.text);
    }
    return changes;
  }

  #annotate(
    { place, built }: PlacedRoute,
    added: Readonly<Record<string, string>>,
    text = this.#fileText(place.file),
  ): EditedText {
    const { source } = built.origin;
    return withAnnotations(text, source.text, place, added);
  }

  /** Adds the annotation by which gatus-sidecar monitors a route, unless it watches all routes anyway. It monitors no route without a hostname. */
  #enable(routes: readonly PlacedRoute[]): void {
    const [placed] = routes;
    const isSaid = ({ route }: PlacedRoute): boolean =>
      route.metadata.annotations?.[ENABLED_ANNOTATION] !== undefined;
    if (!placed || routes.every(isSaid) || !this.#context.selected(placed.place.file)) return;
    const { options, repository } = this.#context;
    // Where no gatus-sidecar runs, the annotation changes nothing either way.
    const read = routes.filter(({ cluster }) => runsSidecar(cluster, options));
    if (read.length === 0) return;
    if (hostOf(placed.route) === "") return;
    const reason =
      whyNoSuccess(routes, knowledgeOf(repository)) ??
      routes
        .map(({ route, cluster }) => whyHarmful(route, cluster, options))
        .find((one) => one !== undefined);
    if (reason !== undefined) {
      const message = `route ${placed.route.metadata.name} is not annotated: ${reason}`;
      this.#notes.push({ kind: "left", message, position: placed.place.position });
      return;
    }
    const unwatched = read.filter(({ cluster }) => whyUnwatched(cluster, options) !== undefined);
    if (unwatched.length === 0) return;
    const { file, position } = placed.place;
    const done = this.#annotate(placed, annotations());
    if ("obstacle" in done) {
      const message = `route ${placed.route.metadata.name} is not annotated: ${notEditable(done, file)}`;
      this.#notes.push({ kind: "left", message, position });
    } else {
      this.#changes.set(file, done.text);
      this.#enabled.push(...unwatched);
    }
  }

  /** The text of a file, with the changes planned so far. */
  #fileText(file: string): string {
    const text = this.#changes.has(file) ? this.#changes.get(file) : fileText(this.#context.repository, file);
    return text ?? "";
  }
}

/** The checks that gatus-sidecar derives from routes today, where the endpoint that moves is a DNS query: on a route, it takes the place of the check. */
function replacedChecks(moves: readonly Move[], position: Note["position"]): readonly Note[] {
  return moves.flatMap(({ target: { route, cluster }, fragment }): readonly Note[] => {
    const today = "guarded" in fragment ? sidecarEndpoint(route, indexOf(cluster)) : undefined;
    if (today === undefined || today.url === GUARDED_URL || !watchesAll(cluster)) return [];
    const message = `the check of ${text(today.url) ?? ""}, which gatus-sidecar derives from route ${route.metadata.name} today: with guarded: true, Gatus only asks public DNS for the name, and no longer notices if the app is down`;
    return [{ kind: "removed", message, ...(position && { position }) }];
  });
}

function routesByHost(routes: readonly PlacedRoute[]): ReadonlyMap<string, readonly PlacedRoute[]> {
  const byHost = new Map<string, PlacedRoute[]>();
  for (const placed of routes)
    for (const host of new Set(list(at(placed.route, ["spec", "hostnames"])))) {
      const own = byHost.get(String(host)) ?? [];
      byHost.set(String(host), own);
      own.push(placed);
    }
  return byHost;
}

const plainMove = ({ target, fragment }: Move): unknown => [placeKey(target.place), fragment];

/** Whether a file in the ConfigMap contains only the endpoints that move. */
function holdsEndpointsOnly(map: KubeObject, file: string, endpoints: readonly Template[]): boolean {
  const content = yamlMap(text(fields(map.data)[file]) ?? "") ?? {};
  return (
    Object.keys(content).every((key) => key === "endpoints") &&
    list(content.endpoints).length === endpoints.length
  );
}
