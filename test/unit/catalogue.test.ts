import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCatalogue, DuplicateNameError, normaliseName } from "../../src/catalogue/catalogue.ts";
import { CATEGORIES } from "../../src/catalogue/category.ts";
import type { EventType } from "../../src/catalogue/eventType.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import { serverSettings } from "../../src/settings/settings.model.ts";
import { triggerChange } from "../../src/triggers/trigger.model.ts";

const catalogue = createCatalogue(EVENT_TYPES);

/** Every type by its original name: the canonical one, and whether it starts on or off. */
const ORIGINALS: Record<string, Record<string, string>> = {
  deploys: {
    "deploy.success": "deploy.success On",
    "deploy.failure": "deploy.failure On",
  },
  services: {
    "service.health.down": "service.health.down On",
    "service.health.recovered": "service.health.recovered On",
    "service.stopped": "service.stopped Off",
    "service.started": "service.started Off",
    service_fail: "service.failure On",
    oom_kill: "system.oom_kill On",
    system_startup: "system.startup On",
    system_shutdown: "system.shutdown On",
    system_reboot: "system.reboot On",
    system_problem: "system.problem On",
    system_mail: "system.mail On",
  },
  backups: {
    "backup.success": "backup.success Off",
    backup_complete: "backup.success Off",
    "backup.failure": "backup.failure On",
    backup_fail: "backup.failure On",
    backup_start: "backup.start On",
    backup_warning: "backup.warning On",
    snapshot_complete: "snapshot.complete On",
    snapshot_fail: "snapshot.failure On",
  },
  quotas: {
    "quota.warning": "quota.warning On",
    "quota.exceeded": "quota.exceeded On",
  },
  certificates: {
    "ssl.expiring": "ssl.expiring On",
  },
  monitors: {
    "monitor.down": "monitor.down On",
    "monitor.recovery": "monitor.recovery On",
    "monitor.degraded": "monitor.degraded On",
    "heartbeat.missed": "heartbeat.missed On",
    "agent.stale": "agent.stale On",
    "alert.triggered": "alert.triggered On",
    "alert.resolved": "alert.resolved On",
    "connection.lost": "connection.lost On",
    "task.failed": "task.failed On",
  },
  vm_ct: {
    vm_start: "vm.start On",
    vm_start_warning: "vm.start_warning On",
    vm_stop: "vm.stop On",
    vm_shutdown: "vm.shutdown On",
    vm_fail: "vm.failure On",
    vm_restart: "vm.restart On",
    ct_start: "ct.start On",
    ct_start_warning: "ct.start_warning On",
    ct_stop: "ct.stop On",
    ct_shutdown: "ct.shutdown On",
    ct_fail: "ct.failure On",
    ct_restart: "ct.restart On",
    migration_start: "migration.start On",
    migration_complete: "migration.complete On",
    migration_warning: "migration.warning On",
    migration_fail: "migration.failure On",
    // Named only among the live-action types, so it exists.
    replication_start: "replication.start On",
    replication_complete: "replication.complete On",
    replication_fail: "replication.failure On",
  },
  resources: {
    cpu_high: "cpu.high On",
    ram_high: "ram.high On",
    temp_high: "temp.high On",
    load_high: "load.high On",
  },
  storage: {
    disk_space_low: "disk.space_low On",
    disk_io_error: "disk.io_error On",
    storage_unavailable: "storage.unavailable On",
    smart_test_complete: "smart.test_complete On",
    smart_test_failed: "smart.test_failed On",
  },
  network: {
    network_down: "network.down On",
    network_latency: "network.latency On",
  },
  security: {
    auth_fail: "auth.failure On",
    ip_block: "ip.block On",
    firewall_issue: "firewall.issue On",
    user_permission_change: "user.permission_change On",
    "login.new_ip": "login.new_ip On",
    "malware.found": "malware.found On",
    "compliance.issue": "compliance.issue On",
    "cve.detected": "cve.detected On",
  },
  cluster: {
    split_brain: "cluster.split_brain On",
    node_disconnect: "node.disconnect On",
    node_reconnect: "node.reconnect On",
  },
  health: {
    new_error: "health.error_new On",
    error_resolved: "health.error_resolved On",
    error_escalated: "health.error_escalated On",
    health_degraded: "health.degraded On",
    health_persistent: "health.persistent On",
    health_issue_new: "health.issue_new On",
    health_issue_resolved: "health.issue_resolved On",
  },
  updates: {
    update_summary: "update.summary On",
    update_available: "update.available On",
    pve_update: "pve.update On",
    update_complete: "update.complete On",
    proxmenux_update: "proxmenux.update On",
  },
  hardware: {
    gpu_mode_switch: "gpu.mode_switch On",
    gpu_passthrough_blocked: "gpu.passthrough_blocked On",
    pci_passthrough_conflict: "pci.passthrough_conflict On",
    ai_model_migrated: "ai.model_migrated On",
  },
  custom: {
    custom: "custom On",
  },
};

const RECOVERIES = {
  "service.health.recovered": "service.health.down",
  "monitor.recovery": "monitor.down",
  "alert.resolved": "alert.triggered",
  "node.reconnect": "node.disconnect",
  "health.error_resolved": "health.error_new",
  "health.issue_resolved": "health.issue_new",
};

const LIVE = [
  "vm.start", "vm.start_warning", "vm.stop", "vm.shutdown", "vm.failure", "vm.restart",
  "ct.start", "ct.start_warning", "ct.stop", "ct.shutdown", "ct.failure", "ct.restart",
  "backup.start", "backup.failure", "replication.start", "replication.failure", "system.shutdown", "system.reboot",
];

const KEY_FIELD = /^(service|source|customer|details\.[a-z_]+)$/;

function named(name: string): EventType {
  const type = catalogue.resolve(name);
  if (type === undefined) throw new Error(`No type is named ${name}`);
  return type;
}

function own(name: string, more: Partial<EventType> = {}): EventType {
  return {
    name, title: `Title of ${name}`, description: "Sent by us.", category: "custom", severity: "INFO", enabled: true,
    kind: "OCCURRENCE", fingerprint: [], live: false, template: "It happened.", aliases: [], ...more,
  };
}

describe("built-in types", () => {
  for (const [category, types] of Object.entries(ORIGINALS)) {
    test.each(Object.entries(types))(`${category}: %s is %s`, (original, expected) => {
      const type = named(original);
      expect(`${type.name} ${type.enabled ? "On" : "Off"}`).toBe(expected);
      expect(type.category).toBe(category);
    });
  }

  test("there are no others", () => {
    const expected = new Set(Object.values(ORIGINALS).flatMap((types) => Object.values(types).map((entry) => entry.split(" ")[0])));
    expect(EVENT_TYPES.map((type) => type.name).sort()).toEqual([...expected].sort());
  });

  test("each goes by its name, title and aliases in any spelling", () => {
    for (const type of EVENT_TYPES) {
      for (const name of [type.name, type.title, ...type.aliases]) {
        const words = name.split(/[\s._-]+/);
        for (const spelling of [name, name.toUpperCase(), ` ${name}\n`, ...[".", "_", "-", " ", " - "].map((join) => words.join(join))]) {
          expect(catalogue.resolve(spelling)?.name, spelling).toBe(type.name);
        }
      }
    }
  });

  test.each([
    ["Backup failed", "backup.failure"],
    ["BACKUP-FAIL", "backup.failure"],
    ["disk usage high", "disk.space_low"],
    ["Node offline", "node.disconnect"],
  ])("%s is %s", (spelling, name) => {
    expect(named(spelling).name).toBe(name);
  });

  test("names are dotted and unique, texts are filled in", () => {
    expect(new Set(EVENT_TYPES.map((type) => type.name)).size).toBe(EVENT_TYPES.length);
    for (const type of EVENT_TYPES) {
      expect(type.name).toMatch(/^(custom|[a-z]+(\.[a-z_]+)+)$/);
      expect(type.title, type.name).toMatch(/^[A-Z]/);
      expect(type.description, type.name).toMatch(/^[A-Z].*\.$/);
      expect(type.template, type.name).toMatch(/^[^\n]+$/);
    }
  });

  test("every category used is known, and every category has a type", () => {
    const known = CATEGORIES.map((category) => category.name);
    expect(known).toEqual(Object.keys(ORIGINALS));
    expect([...new Set(EVENT_TYPES.map((type) => type.category))]).toEqual(known);
  });

  test("categories with a cooldown of their own are resources and updates", () => {
    const cooled = CATEGORIES.filter((category) => category.cooldownSeconds !== undefined);
    expect(cooled.map((category) => [category.name, category.cooldownSeconds])).toEqual([["resources", 900], ["updates", 86_400]]);
  });

  test("a burst is one that a trigger could set, and stricter than the general one", () => {
    const general = serverSettings.parse({});
    const bursts = EVENT_TYPES.filter(({ burst }) => burst !== undefined);
    expect(bursts.length).toBeGreaterThan(0);
    for (const { name, burst } of bursts) {
      expect(triggerChange.safeParse({ burst: { count: burst?.count, window: burst?.seconds } }).success, name).toBe(true);
      expect(burst?.count, name).toBeGreaterThan(0);
      expect(burst?.count, name).toBeLessThan(general.burstCount);
      expect(burst?.seconds, name).toBeGreaterThan(general.burstWindow);
    }
  });

  test("deploys, health checks, monitors and custom events have no burst of their own", () => {
    const burstless = EVENT_TYPES.filter(({ name }) => /^(deploy|monitor|service\.health)\.|^custom$/.test(name));
    expect(burstless.map(({ burst }) => burst)).toEqual(burstless.map(() => undefined));
  });

  test("a recovery names a condition and is keyed by the same fields", () => {
    const recoveries = EVENT_TYPES.filter((type) => type.recovers !== undefined);
    expect(Object.fromEntries(recoveries.map((type) => [type.name, type.recovers]))).toEqual(RECOVERIES);
    for (const recovery of recoveries) {
      const problem = EVENT_TYPES.find((type) => type.name === recovery.recovers);
      expect(problem?.kind, recovery.name).toBe("CONDITION");
      expect(problem?.fingerprint, recovery.name).toEqual(recovery.fingerprint);
      expect(problem?.category, recovery.name).toBe(recovery.category);
      expect(problem?.enabled, recovery.name).toBe(recovery.enabled);
      expect(recovery.kind, recovery.name).toBe("OCCURRENCE");
    }
  });

  test("key fields are fields of an event, and every condition has some", () => {
    for (const type of EVENT_TYPES) {
      for (const field of type.fingerprint) expect(field, type.name).toMatch(KEY_FIELD);
      expect(new Set(type.fingerprint).size, type.name).toBe(type.fingerprint.length);
      if (type.kind === "CONDITION") expect(type.fingerprint, type.name).not.toEqual([]);
    }
  });

  test("a template shows only fields every event has or its type is keyed by", () => {
    for (const type of EVENT_TYPES) {
      const known = ["service", "source", "customer", "value", ...type.fingerprint];
      const fields = [...type.template.matchAll(/\{\{(.*?)\}\}/g)].map(([, field]) => field);
      expect(fields.filter((field) => !known.includes(field ?? "")), type.name).toEqual([]);
      expect(type.template.replace(/\{\{.*?\}\}/g, ""), type.name).not.toMatch(/[{}]/);
    }
  });

  test("thresholds are those of the table, and the usual ones for CPU and memory", () => {
    const thresholds = EVENT_TYPES.flatMap(({ name, threshold }) =>
      threshold === undefined ? [] : [`${name} ${threshold.direction} ${threshold.steps.join("/")} ${threshold.unit}`]);
    expect(thresholds).toEqual([
      "quota.warning AT_LEAST 80 %",
      "quota.exceeded AT_LEAST 100 %",
      "ssl.expiring AT_MOST 7 days",
      "cpu.high AT_LEAST 90 %",
      "ram.high AT_LEAST 90 %",
      "disk.space_low AT_LEAST 90 %",
    ]);
  });

  test("live-action types are those never held by a digest", () => {
    expect(EVENT_TYPES.filter((type) => type.live).map((type) => type.name).sort()).toEqual([...LIVE].sort());
  });
});

describe("normaliseName", () => {
  test.each(["backup.failed", "Backup failed", "BACKUP_FAILED", "  backup -_. failed. ", "-backup\tfailed-"])("%j", (name) => {
    expect(normaliseName(name)).toBe("backup.failed");
  });

  test("is settled after once", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(normaliseName(normaliseName(name))).toBe(normaliseName(name));
    }));
  });
});

describe("createCatalogue", () => {
  test("takes registered types beside the built-in ones", () => {
    const mine = own("espresso.ready", { aliases: ["coffee_ready"] });
    const extended = createCatalogue([...EVENT_TYPES, mine]);
    expect(extended.resolve("Coffee ready")).toBe(mine);
    expect(extended.resolve("backup_fail")?.name).toBe("backup.failure");
    expect(extended.types).toHaveLength(EVENT_TYPES.length + 1);
    expect(catalogue.resolve("coffee_ready")).toBeUndefined();
  });

  test.each([
    ["an alias", own("espresso.ready", { aliases: ["Backup-Fail"] })],
    ["a title", own("espresso.ready", { title: "Backup failed" })],
  ])("refuses %s that another type has, naming both", (_, type) => {
    const create = () => createCatalogue([...EVENT_TYPES, type]);
    expect(create).toThrow(DuplicateNameError);
    expect(create).toThrow(/backup\.failure and espresso\.ready/);
  });

  test("refuses two types of one name", () => {
    expect(() => createCatalogue([own("a.b"), own("a_b", { title: "Other" })])).toThrow(/a\.b and a_b/);
  });

  test("refuses a name with nothing in it", () => {
    expect(() => createCatalogue([own("a.b", { aliases: ["--"] })])).toThrow(/a\.b/);
  });

  test.each(["constructor", "__proto__", "toString", "", " ", "no.such_type"])("%j is nobody's name", (name) => {
    expect(catalogue.resolve(name)).toBeUndefined();
  });
});

describe("nearest", () => {
  test.each([
    ["backup.failur", "backup.failure"],
    ["bakcup.failure", "backup.failure"],
    ["srvice.down", "service.health.down"],
    ["Disk usge high", "disk.space_low"],
    ["vm_strat", "vm.start"],
    ["ssl.expired", "ssl.expiring"],
    [" ".repeat(100) + "backup.failur", "backup.failure"],
  ])("%s was meant as %s", (typo, name) => {
    expect(catalogue.nearest(typo, 3)[0]).toBe(name);
  });

  test("gives each type once, at most as many as asked for", () => {
    const names = catalogue.nearest("backup.stat", 3);
    expect(names).toHaveLength(new Set(names).size);
    expect(names.length).toBeLessThanOrEqual(3);
    expect(catalogue.nearest("backup.failure", 1)).toEqual(["backup.failure"]);
    expect(catalogue.nearest("backup.failure", 0)).toEqual([]);
    expect(catalogue.nearest("backup.failure", -1)).toEqual([]);
  });

  test("a swap of neighbours counts as one mistake", () => {
    const two = createCatalogue([own("abdc.xyz", { title: "Far away" }), own("abcd.xzz", { title: "Farther away" })]);
    expect(two.nearest("abcd.xyz", 2)).toEqual(["abdc.xyz", "abcd.xzz"]);
  });

  test.each(["", " ", "zzzzzzzzzzzz", "日本語のイベント"])("nothing is like %j", (name) => {
    expect(catalogue.nearest(name, 5)).toEqual([]);
  });

  test("any string is answered", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.integer({ min: -2, max: 10 }), (name, count) => {
      catalogue.resolve(name);
      const names = catalogue.nearest(name, count);
      expect(names.length).toBeLessThanOrEqual(Math.max(0, count));
      for (const near of names) expect(catalogue.resolve(near)?.name).toBe(near);
    }), { numRuns: 500 });
  });

  test("one letter left out of any name is found again", () => {
    const slip = fc.constantFrom(...EVENT_TYPES).chain((type) => fc.tuple(fc.constant(type), fc.nat({ max: type.name.length - 1 })));
    fc.assert(fc.property(slip, ([type, index]) => {
      const typo = type.name.slice(0, index) + type.name.slice(index + 1);
      expect(catalogue.nearest(typo, 5)).toContain(type.name);
    }));
  });

  test.each([["one letter", "a"], ["a name", "backup.failure"], ["separators", "._- "]])("10,000 characters of %s cost little", (_, text) => {
    const long = text.repeat(10_000).slice(0, 10_000);
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) {
      catalogue.resolve(long);
      catalogue.nearest(long, 5);
    }
    expect((performance.now() - start) / 20).toBeLessThan(50);
  });
});
