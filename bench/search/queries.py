#!/usr/bin/env python3
# What people type, made from the titles of listings.tsv: queries.py LISTINGS SEED COUNT prints, for COPY, lines "kind, query, right": for
# each kind of mistake COUNT queries beside what was meant, and queries without mistakes, whose `right` is empty.
import collections
import random
import re
import sys

law = dict(zip('абвгдежзийклмнопрстуфхцчшщъьюя',
               'a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sht a y yu ya'.split()))
chat = {'ш': ('sh', '6'), 'ч': ('ch', '4'), 'щ': ('sht', '6t'), 'ж': ('zh', 'j'), 'я': ('ya', 'q', 'ia'), 'ю': ('yu', 'iu'), 'ъ': ('a', 'u', 'y'), 'ц': ('ts', 'c'),
        'й': ('y', 'j', 'i'), 'в': ('v', 'w'), 'ь': ('y',)}
word = re.compile(r"[^\W\d_]+(?:[&'’.-][^\W\d_]+)*")


def is_cyrillic(text):
    return any('а' <= c <= 'я' for c in text)


def edited(r, text):
    letters = 'абвгдежзийклмнопрстуфхцчшщъьюя' if is_cyrillic(text) else 'abcdefghijklmnopqrstuvwxyz'
    i = r.randrange(len(text))
    letter = r.choice([c for c in letters if c != text[i]])
    return r.choice((text[:i] + letter + text[i:], text[:i] + text[i + 1:], text[:i] + letter + text[i + 1:]))


def swapped(r, text):
    places = [i for i in range(len(text) - 1) if text[i] != text[i + 1]]
    if not places:
        return text
    i = r.choice(places)
    return text[:i] + text[i + 1] + text[i] + text[i + 2:]


class asker:
    def __init__(self, listings, seed):
        self.r = random.Random(seed)
        self.titles, self.frequency, self.brands = [], collections.Counter(), collections.Counter()
        with open(listings) as file:
            for line in file:
                fields = line.split('\t')
                words = word.findall(fields[2].lower())
                self.frequency.update(set(words))
                if fields[12] != '\\N':
                    self.brands[fields[12].lower()] += 1
                # one in sixteen is enough to draw from; which, depends on the seed
                if len(words) > 1 and self.r.random() < 0.0625:
                    self.titles.append(words)
        self.known = max(2, sum(self.frequency.values()) // 1_000_000)

    # One to three neighbors of a title, none of them rare.
    def right(self, is_wanted):
        while True:
            words = self.r.choice(self.titles)
            count = self.r.choice((1, 2, 2, 3))
            first = self.r.randrange(max(1, len(words) - count + 1))
            query = words[first:first + count]
            if all(self.frequency[w] >= self.known for w in query) and is_wanted(query):
                return query

    def changed(self, query, least, change, words=1):
        places = [i for i, w in enumerate(query) if len(w) >= least]
        for i in self.r.sample(places, words):
            query = query[:i] + [change(self.r, query[i])] + query[i + 1:]
        return query

    def mistakes(self, count):
        def long(length, words=1):
            return lambda query: sum(len(w) >= length for w in query) >= words

        def joined(query):
            i = self.r.randrange(len(query) - 1)
            return query[:i] + [query[i] + query[i + 1]] + query[i + 2:]

        def split(query):
            i = self.r.choice([i for i, w in enumerate(query) if len(w) >= 6])
            at = self.r.randrange(2, len(query[i]) - 1)
            return query[:i] + [query[i][:at], query[i][at:]] + query[i + 1:]

        def cyrillic(query):
            return any(is_cyrillic(w) and len(w) >= 4 for w in query)

        def by_law(query):
            return [''.join(law.get(c, c) for c in w) for w in query]

        def as_in_chats(query):
            return [''.join(self.r.choice(chat[c]) if c in chat else law.get(c, c) for c in w) for w in query]

        kinds = {
            'one edit, 4 letters and more': (long(4), lambda q: self.changed(q, 4, edited)),
            'one edit, 5 letters and more': (long(5), lambda q: self.changed(q, 5, edited)),
            'two neighbors swapped': (long(4), lambda q: self.changed(q, 4, swapped)),
            'two edits, 8 letters and more': (long(8), lambda q: self.changed(q, 8, lambda r, w: edited(r, edited(r, w)))),
            'one edit in each of two words': (long(4, 2), lambda q: self.changed(q, 4, edited, 2)),
            'space missing': (lambda q: len(q) >= 2, joined),
            'space too many': (long(6), split),
            'Cyrillic in Latin letters, by the law': (cyrillic, by_law),
            'Cyrillic in Latin letters, as in chats': (cyrillic, as_in_chats),
        }
        for kind, (is_wanted, mistake) in kinds.items():
            done = 0
            while done < count:
                query = self.right(is_wanted)
                wrong = mistake(query)
                if wrong != query:
                    yield kind, ' '.join(wrong), ' '.join(query)
                    done += 1

    def plain(self, count):
        frequent = [w for w, _ in self.frequency.most_common(400) if len(w) > 2]
        rare = [w for w, n in sorted(self.frequency.items()) if self.known <= n <= 5 * self.known and len(w) > 3]
        brands = [b for b, _ in self.brands.most_common(100)]
        for _ in range(count):
            yield 'one frequent word', self.r.choice(frequent)
            yield 'a brand and a frequent word', self.r.choice(brands) + ' ' + self.r.choice(frequent)
            yield 'words of a title', ' '.join(self.right(lambda q: True))
            yield 'a rare word', self.r.choice(rare)
            query = self.right(lambda q: len(q[-1]) >= 4)
            yield 'the last word begun', ' '.join(query[:-1] + [query[-1][:self.r.randint(2, min(5, len(query[-1]) - 1))]])
            yield 'finds nothing', ' '.join(self.r.sample(rare, 3))


def main(listings, seed, count):
    a = asker(listings, seed)
    for kind, wrong, right in a.mistakes(count):
        print(kind, wrong, right, sep='\t')
    for kind, query in a.plain(count):
        print(kind, query, '', sep='\t')


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
