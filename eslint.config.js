import js from "@eslint/js";
import tseslint from "typescript-eslint";

const PRIVATE = {
  selector: ":matches(PropertyDefinition, MethodDefinition[kind!='constructor'])[accessibility='private']",
  message: "Use #name: private members are #private throughout.",
};
const ARGS_BAG = {
  selector: "CallExpression > ObjectExpression > SpreadElement > Identifier[name='args']",
  message: "Pass arguments one by one: a spread bag hides which ones the callee uses.",
};

export default tseslint.config(
  { ignores: ["node_modules/", "dist/", ".sandbox/", "tools/toolchain/*/*.go"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // Pulumi resources are created for their effect.
      "no-new": "off",
      "@typescript-eslint/no-unused-expressions": "error",
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["tools/cli/**", "tools/scripts/**", "test/**", "program.ts"],
    rules: {
      // Only cli/ prints and sets exit codes.
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "exit", message: "Only cli/ ends the process." },
      ],
    },
  },
  {
    files: ["**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", PRIVATE],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["test/**"],
    rules: {
      "no-restricted-syntax": ["error", PRIVATE, ARGS_BAG],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["test/**"],
    rules: { "max-params": ["error", 4] },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-floating-promises": "error",
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { URL: "readonly", process: "readonly", console: "readonly" } },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        module: "writable",
        require: "readonly",
        __dirname: "readonly",
        process: "readonly",
        console: "readonly",
      },
    },
  },
);
