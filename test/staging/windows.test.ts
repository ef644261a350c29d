import assert from "node:assert/strict";
import { isOpen, outsideWindows, type UpdateWindow } from "../../staging/windows.ts";

const OFFICE: UpdateWindow = {
  days: ["mon", "tue", "wed", "thu", "fri"],
  from: "09:00",
  to: "17:00",
  zone: "Europe/Berlin",
};
const NIGHT: UpdateWindow = { days: ["sat"], from: "22:00", to: "04:00", zone: "America/New_York" };

const at = (time: string): number => Date.parse(time);
const refusal = (windows: readonly UpdateWindow[], time: string, movement: "forward" | "same" | "back") =>
  outsideWindows(windows, { stack: "main", movement }, at(time)).map(
    ({ message, hint }) => `${message}\n${hint ?? ""}`,
  );

describe("windows of the gate", () => {
  it("open and close by the local time in their zone, in winter and in summer", () => {
    const open = (time: string): boolean => isOpen([OFFICE], at(time));
    // Monday, 2 February 2026: UTC+1. Monday, 6 July 2026: UTC+2.
    assert.deepEqual(
      ["2026-02-02T07:59Z", "2026-02-02T08:00Z", "2026-02-02T15:59Z", "2026-02-02T16:00Z"].map(open),
      [false, true, true, false],
    );
    assert.deepEqual(
      ["2026-07-06T06:59Z", "2026-07-06T07:00Z", "2026-07-06T14:59Z", "2026-07-06T15:00Z"].map(open),
      [false, true, true, false],
    );
    assert.equal(open("2026-02-01T10:00Z"), false, "a Sunday");
  });

  it("may include midnight: the day is the one on which the window opens", () => {
    const open = (time: string): boolean => isOpen([NIGHT], at(time));
    // Saturday, 31 January 2026, 22:00 in New York is 03:00 UTC on Sunday.
    assert.equal(open("2026-02-01T02:59Z"), false);
    assert.equal(open("2026-02-01T03:00Z"), true);
    assert.equal(open("2026-02-01T08:59Z"), true, "03:59 on Sunday");
    assert.equal(open("2026-02-01T09:00Z"), false);
    assert.equal(open("2026-01-31T08:00Z"), false, "03:00 on Saturday belongs to Friday");
  });

  it("last until the end of the day with 24:00, and one open window is enough", () => {
    const late: UpdateWindow = { days: ["sun"], from: "23:00", to: "24:00", zone: "UTC" };
    assert.equal(isOpen([OFFICE, late], at("2026-02-01T23:59Z")), true);
    assert.equal(isOpen([OFFICE, late], at("2026-02-02T00:00Z")), false);
  });

  it("refuse only moves forward, and report when the next one opens", () => {
    const friday = "2026-01-30T17:30:12Z";
    const [found = "", ...others] = refusal([OFFICE, NIGHT], friday, "forward");
    assert.deepEqual(others, []);
    assert.match(
      found,
      /^Stack main may move forward only in the windows set in edgefirst:gate\.windows: mon, tue, wed, thu, fri 09:00-17:00 Europe\/Berlin; sat 22:00-04:00 America\/New_York\. It is fri 18:30 in Europe\/Berlin\.\n.* again after 2026-02-01T03:00Z\./,
    );
    assert.deepEqual(refusal([OFFICE], friday, "same"), []);
    assert.deepEqual(refusal([OFFICE], friday, "back"), []);
    assert.deepEqual(refusal([OFFICE], "2026-01-30T12:00:00Z", "forward"), []);
    assert.deepEqual(refusal([], friday, "forward"), []);
  });

  it("find the next opening across the change to daylight saving time", () => {
    // On 29 March 2026, the clock in Berlin jumps from 02:00 to 03:00.
    const early: UpdateWindow = { days: ["sun"], from: "02:30", to: "05:00", zone: "Europe/Berlin" };
    assert.match(refusal([early], "2026-03-28T12:00:00Z", "forward")[0] ?? "", /after 2026-03-29T01:00Z/);
  });
});
