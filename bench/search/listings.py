#!/usr/bin/env python3
# The listings of the benchmark, for COPY: listings.py ROWS SELLERS SEED DIRECTORY writes listings.tsv and categories.tsv. The same seed
# gives the same files. Words, brands, things and sellers follow Zipf's law; a quarter of the titles have a word of a long tail, one in
# fifty is misspelled by its seller, some are in capitals.
import bisect
import datetime
import hashlib
import json
import random
import sys
import uuid

import vocabulary as v

now = 1_795_900_000
tail_words = 400_000


def identity(kind, number):
    return str(uuid.UUID(hashlib.md5(f'{kind}{number}'.encode()).hexdigest()))


class zipf:
    def __init__(self, count, exponent):
        self.sums, total = [], 0.0
        for i in range(count):
            total += (i + 1) ** -exponent
            self.sums.append(total)

    def draw(self, r):
        return bisect.bisect_left(self.sums, r.random() * self.sums[-1])


def syllables(r, cyrillic, least=2, most=4):
    consonants, vowels = ('бвгдзклмнпрстфхчш', 'аеиоу') if cyrillic else ('bcdfghklmnprstvz', 'aeiou')
    word = ''
    for _ in range(r.randint(least, most)):
        word += r.choice(consonants) + r.choice(vowels) + (r.choice(consonants) if r.random() < 0.3 else '')
    return word


def things():
    for line in v.things_table.strip().split('\n'):
        path, sizes, price, *names = line.split('|')
        yield path.split('/'), sizes, int(price), dict(zip(v.languages, (n.split(',') for n in names)))


def misspelled(r, word):
    i = r.randrange(len(word) - 1)
    return r.choice((word[:i] + word[i + 1:], word[:i] + word[i] + word[i:], word[:i] + word[i + 1] + word[i] + word[i + 2:]))


class maker:
    def __init__(self, seed, sellers):
        self.r = r = random.Random(seed)
        self.things = list(things())
        self.thing = zipf(len(self.things), 0.75)
        self.order = list(range(len(self.things)))
        random.Random(5).shuffle(self.order)
        self.brands = list(v.brands)
        fixed = random.Random(7)
        while len(self.brands) < 3000:
            name = syllables(fixed, False).capitalize()
            self.brands.append(name + ' ' + syllables(fixed, False, 2, 2).capitalize() if fixed.random() < 0.15 else name)
        self.brand = zipf(len(self.brands), 1.02)
        self.color = zipf(len(v.colors), 0.8)
        self.tail = sorted({syllables(fixed, i % 2 == 0) for i in range(tail_words)})
        fixed.shuffle(self.tail)
        self.tail_word = zipf(len(self.tail), 0.9)
        self.seller = zipf(sellers, 0.7)
        self.adjectives = {k: w.split() for k, w in v.adjectives.items()}
        self.fillers = {k: w.split() for k, w in v.fillers.items()}
        self.sizes = {k: (w, zipf(len(w), 0.8) if w else None) for k, w in v.sizes.items()}

    def listing(self, number):
        r = self.r
        language = r.choices(v.languages, v.shares)[0]
        column = v.languages.index(language)
        path, kind, usual_price, names = self.things[self.order[self.thing.draw(r)]]
        brand_number = self.brand.draw(r) if r.random() < 0.85 else None
        brand = None if brand_number is None else self.brands[brand_number]
        color = v.colors[self.color.draw(r)]
        # English has the name itself, the others follow it
        color_word = color[0] if language == 'en' else r.choice(color[1].split(',')) if language == 'bg' else color[column]
        material = r.choice(v.materials) if kind in ('clothes', 'kids') else None
        material_word = None if material is None else material[0] if language == 'en' else material[1] if language == 'bg' else material[column]
        values, likely = self.sizes[kind]
        size = values[likely.draw(r)] if values else None
        title = self.title(language, brand, r.choice(names[language]), color_word, material_word, size)
        description = self.description(language, brand, material_word)
        condition = r.choices([c for c, _ in v.conditions], [s for _, s in v.conditions])[0]
        dear = 1.6 if brand_number is not None and brand_number < 200 and r.random() < 0.3 else 1.0
        price = max(1.0, usual_price * r.lognormvariate(0, 0.7) * dear * v.condition_prices[condition])
        published = now - int(r.betavariate(1, 2.2) * 730 * 86400)
        favorites = min(int(r.paretovariate(1.3) - 1), 3000)
        country = v.countries[language] if r.random() < 0.93 else 'GR'
        return (identity('listing', number), identity('seller', self.seller.draw(r) + 1), title, f'bench-{number}', description, identity('category', path[0]),
                identity('category', '/'.join(path)), condition, f'{price:.2f}', 'USD', 1, 'active', brand, size, color[0], favorites, favorites * 9 + r.randrange(60),
                datetime.datetime.fromtimestamp(published, datetime.timezone.utc).isoformat(), json.dumps({'country': country}), language)

    def title(self, language, brand, noun, color, material, size):
        r = self.r
        words = []
        if brand and r.random() < 0.8:
            words.append(brand)
            if brand in v.models and r.random() < 0.5:
                words.append(r.choice(v.models[brand]))
        adjective = r.choice(self.adjectives[language])
        words += r.choices(([adjective, noun], [noun], [noun, adjective]), (0.5, 0.3, 0.2))[0]
        if r.random() < 0.55:
            words.insert(r.randrange(len(words) + 1), color)
        if material and r.random() < 0.2:
            words.append(material)
        if r.random() < 0.25:
            words.append(self.tail[self.tail_word.draw(r)])
        if size and r.random() < 0.45:
            words.append(r.choice(v.size_words[language]) + size)
        if r.random() < 0.02:
            at = r.randrange(len(words))
            if len(words[at]) > 4:
                words[at] = misspelled(r, words[at])
        title = ' '.join(words)
        title = title.upper() if r.random() < 0.06 else title[0].upper() + title[1:]
        return (title + (' ✨' if r.random() < 0.05 else ''))[:200]

    def description(self, language, brand, material):
        r = self.r
        length = int(min(80, max(5, r.lognormvariate(3.0, 0.55))))
        words = r.choices(self.fillers[language], k=length)
        for _ in range(length // 8):
            words[r.randrange(length)] = self.tail[self.tail_word.draw(r)]
        if brand and r.random() < 0.3:
            words.insert(0, brand)
        if material and r.random() < 0.4:
            words.insert(length // 2, material)
        return ' '.join(words)

    def categories(self):
        for root in dict.fromkeys(path[0] for path, *_ in self.things):
            yield identity('category', root), root, None
        for path, *_ in self.things:
            yield identity('category', '/'.join(path)), path[1], identity('category', path[0])


def line(values):
    return '\t'.join('\\N' if value is None else str(value).replace('\\', '\\\\') for value in values) + '\n'


def main(rows, sellers, seed, directory):
    m = maker(seed, sellers)
    with open(directory + '/categories.tsv', 'w') as file:
        file.writelines(line(c) for c in m.categories())
    with open(directory + '/listings.tsv', 'w') as file:
        file.writelines(line(m.listing(number)) for number in range(1, rows + 1))


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
