// A search engine of npm over the same titles and brands: minisearch.mjs LISTINGS QUERIES ROWS COUNT. Prints lines for the results:
// "time, kind, microseconds", "recall, kind, recall, found nothing" and "fact, name, value".
import { createInterface } from 'node:readline';
import { createReadStream, readFileSync } from 'node:fs';
import MiniSearch from 'minisearch';

const [listings, queries, rows, count] = process.argv.slice(2);
const microseconds = () => { const { user, system } = process.cpuUsage(); return user + system; };

const documents = [];
for await (const line of createInterface({ input: createReadStream(listings) })) {
    if (documents.length === Number(rows)) break;
    const fields = line.split('\t');
    documents.push({ id: documents.length, title: fields[2], brand: fields[12] === '\\N' ? '' : fields[12] });
}
const engine = new MiniSearch({ fields: ['title', 'brand'], searchOptions: { boost: { title: 2 }, fuzzy: 0.2, prefix: true, combineWith: 'AND' } });
let since = microseconds();
engine.addAll(documents);
console.log(['fact', 'build, s', ((microseconds() - since) / 1e6).toFixed(1)].join('\t'));
console.log(['fact', 'memory, MB', Math.round(process.memoryUsage().rss / 1048576)].join('\t'));

const first = query => engine.search(query).slice(0, 20).map(hit => hit.id);
const asked = {};
for (const line of readFileSync(queries, 'utf8').split('\n')) {
    const [kind, query, meant] = line.split('\t');
    if (!query || (asked[kind] = (asked[kind] ?? 0) + 1) > Number(count)) continue;
    since = microseconds();
    const found = first(query);
    console.log(['time', kind, microseconds() - since].join('\t'));
    const wanted = meant ? first(meant) : [];
    if (wanted.length > 0)
        console.log(['recall', kind, wanted.filter(id => found.includes(id)).length / wanted.length, found.length === 0 ? 1 : 0].join('\t'));
}
