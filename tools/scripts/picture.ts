/** A box in the diagram. The position is its upper left corner; sizes are in SVG units. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Lines of text below the title. */
  readonly lines: readonly string[];
  /** CSS class of the box; see {@link STYLE}. */
  readonly look: "step" | "good" | "gate" | "bad";
}

/** A cluster: a frame around the steps of the update. */
interface Frame {
  readonly x: number;
  readonly width: number;
  readonly title: string;
}

/** The drawing starts at {@link FRAME}, so that there is no empty space above it. */
const SIZE = { width: 1000, top: 20, height: 250 };
const ROW = { y: 78, height: 76 };
const FRAME = { y: 30, height: 146 };

/** The colours have enough contrast on white and on GitHub's dark background. The background itself is transparent. */
const STYLE = `
    text { font: 14px ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; text-anchor: middle; }
    .title { font-weight: 600; }
    .small { font-size: 12px; fill: #57606a; }
    .frame { fill: none; stroke: #8c959f; stroke-dasharray: 5 4; }
    .step { fill: #f6f8fa; stroke: #8c959f; }
    .good { fill: #dafbe1; stroke: #2da44e; }
    .gate { fill: #ddf4ff; stroke: #218bff; stroke-width: 2; }
    .bad { fill: #ffebe9; stroke: #cf222e; }
    .arrow { fill: none; stroke: #57606a; stroke-width: 1.5; marker-end: url(#head); }
    .head { fill: #57606a; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small { fill: #9da7b3; }
      .frame, .step { stroke: #6e7681; }
      .step { fill: #161b22; }
      .good { fill: #12261e; stroke: #3fb950; }
      .gate { fill: #0c2d4a; stroke: #58a6ff; }
      .bad { fill: #2d1214; stroke: #f85149; }
      .arrow { stroke: #9da7b3; }
      .head { fill: #9da7b3; }
    }`;

const FRAMES: readonly Frame[] = [
  { x: 10, width: 510, title: "edge" },
  { x: 700, width: 290, title: "main" },
];

const UPDATE = box([26, 130], "update", ["the new release", "is applied"]);
const SOAK = box([196, 148], "soak", ["every check holds", "on the live cluster"]);
const EVIDENCE = box([384, 120], "evidence", ["release, time,", "checks, commit"], "good");
const GATE = box([550, 120], "gate", ["has edge verified", "this release?"], "gate");
const MAIN_UPDATE = box([716, 120], "update", ["the same release", "is applied"]);
const MAIN_SOAK = box([866, 110], "soak", ["then its own", "evidence"], "good");
const REVOKED: Box = {
  ...box([196, 148], "revoked", ["the update fails"], "bad"),
  y: 206,
  height: 54,
};
const REFUSED: Box = {
  ...box([535, 150], "refused", ["nothing is changed"], "bad"),
  y: 206,
  height: 54,
};

/** The README's diagram: an update of edge, the evidence that it leaves, and main's gate. Readable in light and dark mode. */
export function picture(): string {
  const boxes = [UPDATE, SOAK, EVIDENCE, GATE, MAIN_UPDATE, MAIN_SOAK, REVOKED, REFUSED];
  const arrows = [
    right(UPDATE, SOAK),
    right(SOAK, EVIDENCE),
    right(EVIDENCE, GATE),
    right(GATE, MAIN_UPDATE, "yes"),
    right(MAIN_UPDATE, MAIN_SOAK),
    down(SOAK, REVOKED, "a check fails"),
    down(GATE, REFUSED, "no"),
  ];
  const { width, top, height } = SIZE;
  return [
    "<!-- Drawn by tools/scripts/picture.ts (npm run docs); changes here are lost. -->",
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 ${top} ${width} ${height}" role="img" aria-labelledby="title">`,
    `  <title id="title">edge is updated, soaks and leaves evidence; the gate lets main have the same release, or refuses it</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker>`,
    ...FRAMES.map(frame),
    ...boxes.map(drawn),
    ...arrows,
    "</svg>",
    "",
  ].join("\n");
}

function box(
  [x, width]: readonly [x: number, width: number],
  title: string,
  lines: readonly string[],
  look: Box["look"] = "step",
): Box {
  return { x, width, title, lines, look, ...ROW };
}

function frame({ x, width, title }: Frame): string {
  const { y, height } = FRAME;
  return [
    `  <rect class="frame" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`,
    `  <text class="title" x="${x + width / 2}" y="${y + 26}">${title}</text>`,
  ].join("\n");
}

function drawn({ x, y, width, height, title, lines, look }: Box): string {
  const middle = x + width / 2;
  return [
    `  <rect class="${look}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    `  <text class="title" x="${middle}" y="${y + 23}">${title}</text>`,
    ...lines.map(
      (line, index) => `  <text class="small" x="${middle}" y="${y + 42 + 17 * index}">${line}</text>`,
    ),
  ].join("\n");
}

function right(from: Box, to: Box, label?: string): string {
  const y = from.y + from.height / 2;
  const [start, end] = [from.x + from.width, to.x];
  return arrow(`M${start + 2} ${y} H${end - 3}`, label, (start + end) / 2 - 8, y - 8);
}

function down(from: Box, to: Box, label?: string): string {
  const x = from.x + from.width / 2;
  return arrow(
    `M${x} ${from.y + from.height + 2} V${to.y - 3}`,
    label,
    x + (label === "no" ? 16 : 48),
    to.y - 12,
  );
}

function arrow(path: string, label: string | undefined, x: number, y: number): string {
  const line = `  <path class="arrow" d="${path}"/>`;
  return label === undefined ? line : `${line}\n  <text class="small" x="${x}" y="${y}">${label}</text>`;
}
