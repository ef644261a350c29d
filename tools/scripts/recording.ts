/** A line of terminal output, and when it appeared. */
export interface RecordedLine {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly text: string;
}

const COLUMNS = 108;
/** Number of lines on the screen. */
const ROWS = 22;
const CELL = { width: 7.23, height: 17 };
const MARGIN = 12;
/** Longer pauses in the output are shortened to this, so that the recording does not get boring. */
const LONGEST_PAUSE_MS = 1_200;
const SHORTEST_PAUSE_MS = 90;
/** How long the last screen is shown before the recording restarts. */
const LAST_SCREEN_MS = 6_000;

/** An animated SVG of a terminal: the lines appear one by one, and the screen scrolls. Needs no script or player, so it also works in a README. */
export function recording(lines: readonly RecordedLine[]): string {
  const shown = lines.flatMap(({ at, text }) => wrap(text).map((part) => ({ at, text: part })));
  const times = timesOf(shown);
  const total = (times.at(-1) ?? 0) + LAST_SCREEN_MS;
  const percent = (ms: number): string => ((ms / total) * 100).toFixed(2);
  const width = Math.round(COLUMNS * CELL.width) + 2 * MARGIN;
  const height = ROWS * CELL.height + 2 * MARGIN;
  const scroll = times.flatMap((time, index) =>
    index < ROWS ? [] : [`${percent(time)}%{transform:translateY(-${(index - ROWS + 1) * CELL.height}px)}`],
  );
  const appear = times.map(
    (time, index) => `@keyframes l${index}{0%{opacity:0}${percent(time)}%{opacity:1}100%{opacity:1}}`,
  );
  const texts = shown.map(
    ({ text }, index) =>
      `<text y="${(index + 1) * CELL.height}" class="${lookOf(text)}" style="animation-name:l${index}">${escape(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<style>
text{font:12px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#d8dee9;white-space:pre}
.step{fill:#88c0d0;font-weight:700}.bad{fill:#ff8f8f}.good{fill:#a3d9a5}
text,.screen{animation-duration:${total}ms;animation-iteration-count:infinite;animation-timing-function:step-end}
.screen{animation-name:scroll}
@media (prefers-reduced-motion:reduce){text{animation:none}.screen{animation:none;transform:translateY(-${Math.max(0, shown.length - ROWS) * CELL.height}px)}}
@keyframes scroll{0%{transform:translateY(0)}${scroll.join("")}}
${appear.join("\n")}
</style>
<rect width="100%" height="100%" rx="6" fill="#14171c"/>
<svg x="${MARGIN}" y="${MARGIN - 4}" width="${width - 2 * MARGIN}" height="${ROWS * CELL.height + 8}"><g class="screen">
${texts.join("\n")}
</g></svg>
</svg>
`;
}

/** When each line appears, with long pauses shortened. */
function timesOf(lines: readonly RecordedLine[]): number[] {
  let time = 0;
  return lines.map(({ at }, index) => {
    const pause = at - (lines[index - 1]?.at ?? at);
    time += Math.min(Math.max(pause, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    return time;
  });
}

function wrap(text: string): string[] {
  const parts = text.match(new RegExp(`.{1,${COLUMNS}}(?= |$)|\\S{${COLUMNS}}`, "gu"));
  return parts ?? [""];
}

function lookOf(text: string): "step" | "bad" | "good" | "plain" {
  if (/^\[\d\/\d\]|^\$ /.test(text)) return "step";
  if (/failed|not healthy|is down|answers 5/.test(text)) return "bad";
  return /verified|Proven|answers 200|proven\.$/.test(text) ? "good" : "plain";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
