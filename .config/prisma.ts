import { defineConfig } from "prisma/config";

// `prisma generate` works without the native schema engine, but looks for its file: any executable satisfies it.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;

export default defineConfig({ schema: "../prisma/schema.prisma" });
