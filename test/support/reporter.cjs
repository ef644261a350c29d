"use strict";
const { reporters } = require("mocha");

/** mocha's spec reporter, followed by a plain line for CI. */
module.exports = class Reporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
};
