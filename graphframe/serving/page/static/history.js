// Generated images, kept in the browser's database.

const KEPT = 60;

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("graphframe", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("made", { keyPath: "id", autoIncrement: true });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function within(mode, work) {
  const opened = await database();
  return new Promise((resolve, reject) => {
    const transaction = opened.transaction("made", mode);
    const result = work(transaction.objectStore("made"));
    transaction.oncomplete = () => resolve(result.result);
    transaction.onerror = () => reject(transaction.error);
  });
}

export class History {
  constructor(list, show) {
    this.list = list;
    this.show = show;
  }

  async open() {
    try {
      const entries = await within("readonly", (store) => store.getAll());
      for (const entry of entries) this.put(entry);
      for (const old of entries.slice(0, -KEPT)) await within("readwrite", (store) => store.delete(old.id));
    } catch {
      // NOTE: a private window may have no database; then the history lasts as long as the page.
    }
  }

  async add(entry) {
    this.put(entry);
    await within("readwrite", (store) => store.add(entry)).catch(() => {});
  }

  put(entry) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    image.src = entry.url;
    image.alt = entry.fields.prompt ?? "variation";
    button.title = `${image.alt}, seed ${entry.seed}`;
    button.append(image);
    button.addEventListener("click", () => this.show(entry));
    const item = document.createElement("li");
    item.append(button);
    this.list.prepend(item);
    while (this.list.childElementCount > KEPT) this.list.lastElementChild.remove();
  }
}
