/** From this number of objects on, what many of them lack is a decision of the owner. */
const ENOUGH = 5;

/** Whether an owner does without something: more than a third of the objects that could have it lack it. A few objects show nothing. */
export function isOftenOmitted<T>(all: readonly T[], lacks: (one: T) => boolean): boolean {
  return all.length >= ENOUGH && all.filter(lacks).length * 3 > all.length;
}
