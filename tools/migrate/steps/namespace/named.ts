import { isDeepStrictEqual } from "node:util";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping, mappingsIn, originOf, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { fieldAt, idOf, isKind, nameOf } from "../../objects.ts";
import type { Note } from "../../step.ts";
import type { MovingRoot } from "./root.ts";

/** A list in which objects of one kind name Kustomizations. */
interface Naming {
  readonly matches: (object: Mapping) => boolean;
  readonly field: string;
  readonly does: string;
}

const NOTIFICATION = "notification.toolkit.fluxcd.io";
/** A missing namespace means the object's own; source: fluxcd/notification-controller, docs/spec. */
const NAMINGS: readonly Naming[] = [
  {
    matches: (object) => isKind(object, { group: NOTIFICATION, kind: "Alert" }),
    field: "eventSources",
    does: "receive events from",
  },
  {
    matches: (object) => isKind(object, { group: NOTIFICATION, kind: "Receiver" }),
    field: "resources",
    does: "trigger",
  },
  { matches: isFluxKustomization, field: "healthChecks", does: "check" },
];

/**
 * Objects that name children in their old namespace. An entry with a namespace prevents the move; one without, or with a pattern,
 * is only reported, because it is not clear whether the children or the namespace is meant.
 */
export function namedBefore(moving: MovingRoot): readonly Note[] {
  const away = moving.children.filter(({ object }) => nameOf(object).namespace !== moving.targetOf(object));
  return moving.cluster.objects.flatMap(({ object }) =>
    NAMINGS.filter(({ matches }) => matches(object)).flatMap((naming) => {
      const entries = mappingsIn(fieldAt(object, ["spec", naming.field])).filter(
        ({ kind }) => kind === "Kustomization",
      );
      return entries.flatMap((entry) => notesOf({ object, entries, entry, naming, away, moving }));
    }),
  );
}

interface NamedEntry {
  readonly object: Mapping;
  readonly entries: readonly Mapping[];
  readonly entry: Mapping;
  readonly naming: Naming;
  readonly away: readonly BuiltObject[];
  readonly moving: MovingRoot;
}

function notesOf({ object, entries, entry, naming, away, moving }: NamedEntry): readonly Note[] {
  const { namespace: own } = nameOf(object);
  const isNamed = (one: Mapping, child: Mapping, namespace: string): boolean =>
    (scalarText(one.namespace) || own) === namespace &&
    ["*", nameOf(child).name].includes(scalarText(one.name) || "*") &&
    hasLabels(child, one.matchLabels);
  const lost = away
    .map((child) => child.object)
    .filter((child) => isNamed(entry, child, nameOf(child).namespace))
    .filter((child) => !entries.some((one) => isNamed(one, child, moving.targetOf(child))));
  const [first] = lost;
  if (!first) return [];
  const explicit = scalarText(entry.namespace) !== "" && !["", "*"].includes(scalarText(entry.name));
  const what = lost.length === 1 ? `Kustomization ${idOf(first)}` : `${lost.length} Kustomizations that move`;
  const targets = [...new Set(lost.map(moving.targetOf))].join(", ");
  const message = `${scalarText(object.kind)} ${idOf(object)} would no longer ${naming.does} ${what}; `;
  const remedy =
    naming.field === "healthChecks"
      ? "remove the check, and add it again with the new namespace after the move"
      : `add the same entry to spec.${naming.field} with namespace: ${targets}`;
  return [
    {
      kind: explicit ? "refused" : "runbook",
      message: `${explicit ? "cannot move: " : "before the commit: "}${message}${remedy}`,
      position: locate(originOf(entry)),
    },
  ];
}

function hasLabels({ metadata }: Mapping, wanted: unknown): boolean {
  if (!isMapping(wanted)) return true;
  const labels = isMapping(metadata) && isMapping(metadata.labels) ? metadata.labels : {};
  return Object.keys(wanted).every((key) => isDeepStrictEqual(labels[key], wanted[key]));
}
