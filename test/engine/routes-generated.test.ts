import { generatedHostsAnswerTheSame } from "../support/routes/same-answers.ts";

/** `npm run test:real` has 300. */
describe("engine: 40 generated hosts answer the same after the step route", function () {
  this.timeout(180_000);
  generatedHostsAnswerTheSame(40);
});
