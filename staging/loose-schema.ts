import { z } from "zod";

/** An object schema that keeps unknown fields but does not show them in its type. */
export const loose = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.looseObject(shape) as unknown as z.ZodObject<Shape>;
/** One of these words. Accepts any string, since a newer program may write others. */
export const word = <Word extends string>() => z.string() as unknown as z.ZodType<Word>;
/** A time in UTC, as ISO 8601. */
export const instant = z.iso.datetime();
