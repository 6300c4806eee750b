import type { CodegenConfig } from "@graphql-codegen/cli";

/**
 * Types the example operations for client-examples/: `npm run codegen`. It reads the committed SDL, as a client's own
 * project would, never the server's code.
 */
const config: CodegenConfig = {
  schema: "schema/schema.graphql",
  documents: "schema/operations/*.graphql",
  importExtension: ".ts",
  generates: {
    "client-examples/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: {
          ID: "string",
          DateTime: "string",
          Duration: "string",
          JSONObject: "Record<string, unknown>",
        },
      },
    },
  },
};

export default config;
