import { concurrently, Logger } from "concurrently";

// Runs commands at the same time and prints their output in order, and nothing else: the last line of `npm test` is the one of the tests' reporter. On the command
// line, concurrently adds a line for each command that ends; with --raw it does not, but then mixes their output. Fails if one of them fails.

const { result } = concurrently(process.argv.slice(2), { group: true, logger: new Logger({ raw: true }) });
await result.catch(() => (process.exitCode = 1));
