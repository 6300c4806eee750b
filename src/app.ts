import { hostname } from "node:os";
import type { AddressInfo } from "node:net";
import { createAccessTokenService } from "./access/accessToken.service.ts";
import { createAccessTokenStore } from "./access/accessToken.store.ts";
import { asServersChange, auditedDatabase } from "./audit/auditedDatabase.ts";
import { createProviderAccountTester } from "./accounts/providerAccountTest.service.ts";
import { createAppriseServices } from "./channels/appriseServices.service.ts";
import { createChannelHealthFeed } from "./channels/channelHealthFeed.ts";
import type { ChannelService } from "./channels/channel.service.ts";
import { createChannelTester } from "./channels/channelTest.service.ts";
import type { Clock } from "./clock.ts";
import { createConfigurationService } from "./configuration/configuration.service.ts";
import { createConditionService } from "./conditions/condition.service.ts";
import type { Config } from "./config.ts";
import { openDatabase, probe } from "./db/database.ts";
import type { Database } from "./db/database.ts";
import { findNewestId } from "./db/newestId.ts";
import { createAuditor } from "./dispatch/auditor.ts";
import { createDeliveryService } from "./dispatch/delivery.service.ts";
import { findQueue } from "./dispatch/delivery.store.ts";
import { createDispatcher } from "./dispatch/dispatcher.ts";
import { createEscalator } from "./dispatch/escalator.ts";
import { createFlusher } from "./dispatch/flusher.ts";
import { createOutside } from "./dispatch/outside.ts";
import { createRecorder } from "./dispatch/recorder.ts";
import { ConflictError, StartError } from "./errors.ts";
import { createAcknowledgeLinks } from "./escalations/acknowledgeLink.ts";
import { createAcknowledgementService } from "./escalations/acknowledgement.service.ts";
import { createAcknowledgementStore } from "./escalations/acknowledgement.store.ts";
import { createOwnDecisions } from "./events/ownDecision.service.ts";
import { readKeys } from "./firstStart.ts";
import type { Keys } from "./firstStart.ts";
import { createAttemptStore } from "./history/attempt.store.ts";
import type { Attempt } from "./history/attempt.model.ts";
import { createClearings } from "./history/clearing.ts";
import { createHistoryService } from "./history/history.service.ts";
import { startRetention } from "./history/retention.ts";
import { createGraphqlRules, createGraphqlServer } from "./http/graphqlServer.ts";
import { listen } from "./http/listen.ts";
import { createMetrics } from "./http/metrics.ts";
import { createPlainOperations } from "./http/plainOperation.ts";
import { createReadiness } from "./http/readiness.ts";
import { createHttpServer } from "./http/server.ts";
import { openWebSocketDoor } from "./http/webSocket.ts";
import { createIds } from "./ids.ts";
import { createInboxService } from "./inbox/inbox.service.ts";
import { createInboxStore } from "./inbox/inbox.store.ts";
import { createIntake } from "./intake/intake.ts";
import { createRechecker } from "./intake/rechecker.ts";
import { createFeed } from "./live/feed.ts";
import { createHub } from "./live/hub.ts";
import type { Log } from "./log.ts";
import { keyInForce } from "./rotateKey.ts";
import { createSecretBox } from "./secretBox.ts";
import type { SecretBox } from "./secretBox.ts";
import type { Services } from "./services.ts";
import { checkSecretKey, isKeyOf, keyGuardedDatabase } from "./settings/secretKeyCheck.ts";
import { createSettingsServices } from "./settingsServices.ts";
import { createRemover } from "./settings/remover.ts";
import { createSettingStore } from "./settings/settings.store.ts";
import type { SettingStore } from "./settings/settings.store.ts";
import { createSteps, waitAtMost } from "./stopSteps.ts";
import type { Steps } from "./stopSteps.ts";

export interface AppDeps {
  config: Config;
  /** Of which programs that channels run get the little that they need. */
  environment: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
  /** Writes one line to standard output. */
  print: (line: string) => void;
}

export interface App {
  /** Where it listens, e.g. http://127.0.0.1:4000 */
  url: string;
  adminToken: { value: string; file: string | null; isNew: boolean };
  /** Resolves when it cannot go on and is to be closed, with why. */
  failed: Promise<StartError>;
  /** Takes nothing more in, lets what is under way end, and leaves the rest to the next start. */
  close(): Promise<void>;
}

/** How long a stop waits for tries that are under way. With what has to be stored then, it must end before the ten seconds are over after which Docker kills. */
const DRAIN_MS = 5_000;
/** How long it waits meanwhile for requests that are being answered. */
const ANSWER_MS = 3_000;
const FOLLOW_AGAIN_MS = 1_000;

/**
 * Puts the server together and starts it: the only place where things meet.
 * @throws {StartError} with one clear line, when the database, the key or the port cannot be used
 */
export async function createApp({ config, environment, clock, log, random, print }: AppDeps): Promise<App> {
  const keys = readKeys(config);
  const ids = createIds(() => clock.now().getTime());
  const db = await openDatabase(config.database, () => clock.now(), log);
  const hostName = hostname();

  // Settings
  const settingStore = createSettingStore(db);
  const box = await openBox(config, keys, db, settingStore, clock).catch(async (error: unknown) => {
    await db.close();
    throw error;
  });
  let closing = false;
  let followsLater = false;
  let fail: (why: StartError) => void = () => undefined;
  const failed = new Promise<StartError>((resolve) => (fail = resolve));
  const failByKey = (): void => fail(new StartError("The secret key of this database was changed by npm run rotate-key while this server could not reach it. Start it again with the new key."));
  const settingsDb = auditedDatabase(keyGuardedDatabase(db, box, failByKey), clock, ids);
  /** Other processes on the same database hear of it by the change itself. */
  const changed = (): Promise<void> =>
    snapshot.reload().catch((error: unknown) => {
      followLater();
      throw error;
    });
  function followSettings(): void {
    readSettings().catch((error: unknown) => {
      if (closing) return;
      log.error({ err: error }, "settings that have changed could not be read; trying again");
      followLater();
    });
  }
  async function readSettings(): Promise<void> {
    if (!(await isKeyOf(settingStore, box))) return failByKey();
    await Promise.all([snapshot.reload(), accessTokens.load()]);
  }
  function followLater(): void {
    if (followsLater) return;
    followsLater = true;
    clock.after(FOLLOW_AGAIN_MS, () => {
      followsLater = false;
      if (!closing) followSettings();
    });
  }
  const common = { box, clock, ids, log };
  const settingsServices = createSettingsServices({ db: settingsDb, ...common, changed });
  const { snapshot, channels, providerAccounts, triggers } = settingsServices;
  // An import tells of its changes when all are made.
  const configuration = createConfigurationService({ db: settingsDb, box, clock, changed, servicesOn: (on) => createSettingsServices({ db: on, ...common, changed: () => Promise.resolve() }) });
  const accessTokens = createAccessTokenService({ store: createAccessTokenStore(settingsDb), clock, ids, portalIsOn: () => snapshot.current.server.customerPortal });
  snapshot.onReload(accessTokens.endWhatIsOver);
  const startedAfter = await findNewestId(db.read);
  ids.startAfter(startedAfter);
  await accessTokens.setFirstAdmin(keys.adminToken.value);
  await seedInbox(settingStore, channels, clock);
  const channelHealth = createChannelHealthFeed({ snapshot, clock, log });
  await snapshot.reload();

  // History and live feed
  const attemptStore = createAttemptStore(db);
  const newestId = await attemptStore.newestId();
  const hub = createHub<Attempt>();
  const feed = createFeed({ hub, store: attemptStore, notifications: db.notifications, newestId, clock, log });
  const clearings = createClearings(clock, log);
  const history = createHistoryService({ store: attemptStore, settings: settingStore, hub, clearings, clock, box });
  const metrics = createMetrics(
    {
      queued: () => dispatcher.queued,
      subscribers: () => hub.subscribers + channelHealth.subscribers,
      connections: () => webSocket.connections,
      failingChannels: () => [...snapshot.current.channels.values()].filter(({ failingSince }) => failingSince).length,
      writing: () => db.writing,
      queue: () => findQueue(db, clock.now()),
    },
    clock,
  );
  const published = (attempts: Attempt[]): void => {
    feed.stored(attempts);
    metrics.attempted(attempts);
  };
  const healthChanged = () => changed().catch((error: unknown) => log.error({ err: error }, "settings could not be read after a channel's health has changed"));
  const recorder = createRecorder({ db, ids, published, dispatch: (planned) => dispatcher.dispatch(planned), healthChanged, keepLanes: () => dispatcher.keepLanes });

  // Outside world and dispatch
  const links = createAcknowledgeLinks(box.keyFor("acknowledge links"), config.publicUrl ?? null);
  const inbox = createInboxService(createInboxStore(db), clock);
  const outside = createOutside({ privateTargets: config.privateTargets, hostName, environment, inbox: inbox.add, print });
  const dispatcher = createDispatcher({ db, snapshot, outside, clock, log, recorder, links, random, hostName, startedAfter, held: (dueAt) => flusher.expect(dueAt), disableChannel: (id, reason) => asServersChange("disableChannel", ["CHANNEL"], () => channels.disable(id, reason)), changeConfig: (id, fields) => asServersChange("updateChannel", ["CHANNEL"], () => channels.changeConfig(id, fields)) });
  const flusher = createFlusher({ db, snapshot, clock, ids, log, dispatch: dispatcher.dispatch });
  const escalator = createEscalator({ db, snapshot, clock, ids, log, dispatch: dispatcher.dispatch, held: flusher.expect });
  const rechecker = createRechecker({ db, snapshot, clock, ids, log, dispatch: dispatcher.dispatch, held: flusher.expect, escalate: escalator.expect });
  const intake = createIntake({ db, snapshot, clock, ids, registerUnknown: triggers.registerUnknown, dispatch: dispatcher.dispatch, held: flusher.expect, recheck: rechecker.expect, escalate: escalator.expect, received: metrics.received, stored: metrics.stored });
  const auditor = createAuditor({ db, clock, log, dispatcher, flusher, rechecker, escalator, found: metrics.audited });

  // Doors
  const services: Services = {
    ...settingsServices,
    db: db.read,
    clock,
    intake,
    accessTokens,
    acknowledgements: createAcknowledgementService({ store: createAcknowledgementStore(db), links, clock, changed: () => escalator.expect(clock.now()) }),
    appriseServices: createAppriseServices(providerAccounts, outside, clock, log),
    channelHealth,
    channelTester: createChannelTester({ channels, recorder, snapshot, outside, clock, ids, log, hostName }),
    configuration,
    conditions: createConditionService(db, intake),
    deliveries: createDeliveryService({ db, dispatcher, flusher, clock, ids }),
    history,
    inbox,
    ownDecisions: createOwnDecisions(db, snapshot),
    providerAccountTester: createProviderAccountTester(providerAccounts, outside, clock, log),
  };
  db.notifications?.listen("settings", followSettings);
  db.notifications?.onGap(followSettings);
  const graphqlRules = createGraphqlRules({ services, log, introspection: config.introspection });
  const yoga = createGraphqlServer(graphqlRules, config.graphiql);
  const readiness = createReadiness({
    clock,
    log,
    isClosing: () => closing,
    probe: (now) => probe(db, now),
    refused: () => intake.refused,
    lookedAt: { dispatcher: () => dispatcher.lookedAt, auditor: () => auditor.auditedAt },
    busySince: { flusher: () => flusher.busySince, rechecker: () => rechecker.busySince, escalator: () => escalator.busySince },
    stuck: () => auditor.stuck,
  });
  const server = createHttpServer({ services, yoga, answerPlainOperation: createPlainOperations(graphqlRules), metrics, log, readiness });
  const webSocket = openWebSocketDoor({ server, yoga, accessTokens, log, mask: graphqlRules.mask });
  const remover = createRemover({ db, snapshot, clock, log });
  const stopRetention = startRetention({ db, history, snapshot, clock, log });

  const closeDispatch = async ({ step }: Steps): Promise<void> => {
    const drained = dispatcher.close();
    await waitAtMost(clock, DRAIN_MS, drained.catch(() => undefined));
    // Tries that are still under way end now, with an unknown outcome, and are recorded so.
    await outside.close();
    await step("record the last tries, which are sent again at the next start", () => drained);
  };
  const closeDoors = async ({ step }: Steps): Promise<void> => {
    feed.close();
    hub.close();
    channelHealth.close();
    await webSocket.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const cutOff = clock.after(ANSWER_MS, () => server.closeAllConnections());
    await closed;
    cutOff();
    await step("answer what was being taken in", intake.idle);
  };
  const closeStores = async ({ step, undone }: Steps): Promise<void> => {
    await step("leave to other processes what one does for all", () => Promise.all([stopRetention(), auditor.close()]));
    await step("end what is under way in the database", async () => {
      await clearings.close();
      await remover.close();
      await rechecker.close();
      await escalator.close();
      await flusher.close();
    });
    await step("note when tokens were last used", accessTokens.close);
    await step("close the database's connections", db.close);
    if (undone.length > 0) log.warn({ undone }, "the database could not be used during the stop; what was taken in is in it, and goes on at the next start");
  };

  try {
    await listen(server, config.host, config.port);
  } catch (error) {
    const steps = createSteps(db.shared);
    await closeDispatch(steps);
    await closeStores(steps);
    throw error;
  }
  await dispatcher.start();
  await flusher.start();
  await rechecker.start();
  await escalator.start();
  auditor.start();
  void remover.start();

  return {
    url: urlOf(config.host, (server.address() as AddressInfo).port),
    adminToken: keys.adminToken,
    failed,
    async close() {
      closing = true;
      const steps = createSteps(db.shared);
      // What is still taken in is sent after the next start.
      await Promise.all([closeDoors(steps), closeDispatch(steps)]);
      await closeStores(steps);
      await yoga.dispose();
    },
  };
}

/** @throws {StartError} when the key does not open the database's secrets, or is being changed */
async function openBox(config: Config, keys: Keys, db: Database, settings: SettingStore, clock: Clock): Promise<SecretBox> {
  if ((await db.notifications?.holdKey("USE")) === false) throw new StartError("The secret key of this database is being changed by npm run rotate-key. Start the server again when that is done.");
  const box = createSecretBox(await keyInForce(config, keys.secretKey, settings));
  await checkSecretKey(settings, box, clock);
  return box;
}

/** A new installation can show its first message without any set-up. Seeded once: a deleted inbox stays deleted. */
async function seedInbox(store: SettingStore, channels: ChannelService, clock: Clock): Promise<void> {
  if (await store.get("inboxSeeded")) return;
  try {
    if ((await channels.load()).length === 0) await channels.create({ name: "Inbox", config: { inbox: true } }, null);
  } catch (error) {
    // Another process that starts on the same database was quicker.
    if (!(error instanceof ConflictError)) throw error;
  }
  await store.note("inboxSeeded", true, clock.now());
}

function urlOf(host: string, port: number): string {
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}
