import { generatedHostsAnswerTheSame } from "../support/routes/same-answers.ts";

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: 300 generated hosts answer the same after the step route", function () {
  this.timeout(600_000);
  generatedHostsAnswerTheSame(300);
});
