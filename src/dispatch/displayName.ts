import type { SnapshotHolder } from "../settings/snapshot.ts";

/** The label for where alerts come from: the channel's, else the server's, else the host's name. */
export function displayNameOf(channel: { displayName: string | null }, snapshot: SnapshotHolder, hostName: string): string {
  return channel.displayName ?? (snapshot.current.server.displayName || hostName);
}
