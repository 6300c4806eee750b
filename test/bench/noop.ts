import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSchema, createYoga } from "graphql-yoga";

/** The reference: a bare Yoga with its default settings and one mutation that does nothing. */
const schema = createSchema({
  typeDefs: "type Query { nothing: Boolean! } type Mutation { nothing: Boolean! }",
  resolvers: { Query: { nothing: () => true }, Mutation: { nothing: () => true } },
});

const server = createServer(createYoga({ schema }));
server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.on("SIGTERM", () => process.exit(0));
