/** A float as Go writes it, with as few digits as its bits need; from a million on, and below 0.0001, with an exponent. */
export function goFloat(value: number, bits: 32 | 64): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [digits = "", exponent = ""] = (bits === 64 ? value.toExponential() : shortest(value)).split("e");
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(Number(`${digits}e${exponent}`));
  return `${digits}e${exponent.replace(/^([-+])(\d)$/, "$10$2")}`;
}

function shortest(value: number): string {
  const all = [...Array(FLOAT_DIGITS).keys()].map((digits) => value.toExponential(digits));
  return all.find((text) => Math.fround(Number(text)) === Math.fround(value)) ?? value.toExponential();
}

/** No 32 bits need more. */
const FLOAT_DIGITS = 9;
