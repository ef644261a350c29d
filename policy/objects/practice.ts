/** From this number of objects on, what most of them do is a decision of the owner. */
const ENOUGH = 5;

/** Whether an owner does without something: most objects that could have it lack it. A few objects show nothing. */
export function isOmittedByMost<T>(all: readonly T[], lacks: (one: T) => boolean): boolean {
  return all.length >= ENOUGH && all.filter(lacks).length * 2 > all.length;
}
