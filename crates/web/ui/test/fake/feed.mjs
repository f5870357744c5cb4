// Owns objects of one type of one account with their change numbers (RFC 8620 §5.1-5.3).
// Part of the fake server: for developing and testing the page only.

export class Feed {
  constructor(type, told) {
    this.type = type;
    this.told = told;
    this.objects = new Map();
    this.log = [];
    this.number = 1;
  }

  get state() {
    return String(this.number);
  }

  note(kind, id) {
    this.number += 1;
    this.log.push({ number: this.number, kind, id });
    this.told(this.type);
  }

  put(object) {
    const kind = this.objects.has(object.id) ? "updated" : "created";
    this.objects.set(object.id, object);
    this.note(kind, object.id);
    return object;
  }

  patch(id, change) {
    return this.put({ ...this.objects.get(id), ...change });
  }

  drop(id) {
    if (this.objects.delete(id)) this.note("destroyed", id);
  }

  list() {
    return [...this.objects.values()];
  }

  get(args) {
    const ids = args.ids ?? [...this.objects.keys()];
    const list = ids.filter((id) => this.objects.has(id)).map((id) => this.objects.get(id));
    const notFound = ids.filter((id) => !this.objects.has(id));
    return { accountId: args.accountId, state: this.state, list, notFound };
  }

  changes(args) {
    const since = Number(args.sinceState);
    const seen = new Map();
    for (const { number, kind, id } of this.log) {
      if (number <= since) continue;
      const before = seen.get(id);
      if (kind === "destroyed") seen.set(id, before === "created" ? null : "destroyed");
      else seen.set(id, before === "created" ? "created" : kind);
    }
    const of = (kind) => [...seen].filter(([, one]) => one === kind).map(([id]) => id);
    return {
      accountId: args.accountId,
      oldState: args.sinceState,
      newState: this.state,
      hasMoreChanges: false,
      created: of("created"),
      updated: of("updated"),
      destroyed: of("destroyed"),
    };
  }
}
