# What the listings of the benchmark are made of: kinds of things with their names in five languages, brands, colors, sizes. Data only.

languages = ('bg', 'en', 'ro', 'de', 'fr')
shares = (0.55, 0.25, 0.08, 0.07, 0.05)

# category above / category, kind of size, usual price, names in each language (forms separated by commas)
things_table = '''
Women/Dresses|clothes|22|рокля,рокли,роклята|dress,dresses|rochie,rochii|Kleid,Kleider|robe,robes
Women/Evening dresses|clothes|40|вечерна рокля,официална рокля,бална рокля|evening dress,party dress|rochie de seară|Abendkleid|robe de soirée
Women/Skirts|clothes|13|пола,поли,полата|skirt,skirts|fustă,fuste|Rock,Röcke|jupe,jupes
Women/Blouses|clothes|10|блуза,блузи,блузата|blouse,blouses|bluză,bluze|Bluse,Blusen|chemisier
Women/Heels|shoes|28|обувки на ток,токчета|heels,pumps|pantofi cu toc|Pumps|escarpins
Women/Handbags|none|35|чанта,чанти,чантата|handbag,bag,tote bag|geantă,geanta|Handtasche,Tasche|sac à main,sac
Women/Jewelry|none|14|колие,обеци,гривна,пръстен,гердан|necklace,earrings,bracelet,ring|colier,cercei,brățară|Halskette,Ohrringe,Armband|collier,boucles d'oreilles,bracelet
Men/Shirts|clothes|14|риза,ризи,ризата|shirt,shirts|cămașă,cămăși|Hemd,Hemden|chemise,chemises
Men/Suits|clothes|60|костюм,костюми,сако|suit,blazer|costum,sacou|Anzug,Sakko|costume,veste de costume
Men/Trousers|clothes|16|панталон,панталони,панталона|trousers,pants,chinos|pantaloni|Hose,Hosen|pantalon
Men/Belts|none|9|колан,колани,колана|belt,belts|curea|Gürtel|ceinture
Men/Wallets|none|15|портфейл,портмоне|wallet,card holder|portofel|Geldbörse|portefeuille
Men/Watches|none|70|часовник,часовници,часовникът|watch,wristwatch|ceas,ceasuri|Armbanduhr,Uhr|montre,montres
Unisex/Jackets|clothes|35|яке,якета,якето,зимно яке|jacket,jackets,puffer jacket|geacă,geaca|Jacke,Winterjacke|veste,doudoune
Unisex/Coats|clothes|50|палто,палта,палтото,шлифер|coat,coats,trench coat|palton,trenci|Mantel|manteau,manteaux
Unisex/Jeans|clothes|20|дънки,дънките|jeans|blugi|Jeans|jean
Unisex/T-shirts|clothes|9|тениска,тениски,тениската|t-shirt,tee,tshirts|tricou,tricouri|T-Shirt|t-shirt
Unisex/Knitwear|clothes|16|пуловер,пуловери,жилетка|sweater,cardigan,jumper|pulover|Pullover,Strickjacke|pull,gilet
Unisex/Hoodies|clothes|18|суитшърт,суичър,суитшърти|hoodie,sweatshirt,hoodies|hanorac|Kapuzenpullover|sweat à capuche
Unisex/Shorts|clothes|10|шорти,къси панталони|shorts|pantaloni scurți|Shorts|short
Unisex/Swimwear|clothes|11|бански,бански костюм|swimsuit,bikini|costum de baie|Badeanzug|maillot de bain
Unisex/Sneakers|shoes|40|маратонки,маратонките,кецове|sneakers,trainers,running shoes|adidași,pantofi sport|Turnschuhe|baskets
Unisex/Boots|shoes|42|ботуши,боти,ботушите|boots,ankle boots|ghete,cizme|Stiefel|bottes,bottines
Unisex/Sandals|shoes|18|сандали,чехли|sandals,slippers|sandale|Sandalen|sandales
Unisex/Shoes|shoes|28|обувки,обувките,мокасини|shoes,loafers|pantofi|Schuhe|chaussures
Unisex/Backpacks|none|25|раница,раници,раницата|backpack,rucksack|rucsac|Rucksack|sac à dos
Unisex/Hats|none|9|шапка,шапки,шапката|hat,cap,beanie|căciulă,șapcă|Mütze|bonnet,casquette
Unisex/Scarves|none|9|шал,шалове,шалче|scarf,scarves|eșarfă|Schal|écharpe
Unisex/Gloves|none|8|ръкавици,ръкавиците|gloves|mănuși|Handschuhe|gants
Unisex/Sunglasses|none|25|слънчеви очила,очила|sunglasses|ochelari de soare|Sonnenbrille|lunettes de soleil
Kids/Baby clothes|kids|7|боди,бебешко боди,гащеризон|baby bodysuit,romper|body bebe|Babybody|body bébé
Kids/Girls|kids|9|детска рокля,детска пола|girls dress|rochiță|Mädchenkleid|robe fille
Kids/Boys|kids|9|детско яке,детски дънки|boys jacket|geacă copii|Kinderjacke|veste enfant
Kids/Kids shoes|kids|11|детски обувки,детски маратонки|kids shoes,kids sneakers|pantofi copii|Kinderschuhe|chaussures enfant
Kids/Strollers|none|110|количка,бебешка количка|stroller,pram|cărucior|Kinderwagen|poussette
Kids/Toys|none|12|играчка,играчки,кукла,кукли|toy,doll,dolls|jucărie,păpușă|Spielzeug,Puppe|jouet,poupée
Games/Building bricks|none|25|конструктор,лего|building set|set de construit|Bausatz|jeu de construction
Games/Board games|none|14|настолна игра,пъзел,пъзели|board game,puzzle|joc de societate|Brettspiel|jeu de société
Games/Consoles|none|180|конзола,джойстик|console,controller|consolă|Konsole|console,manette
Electronics/Phones|none|220|телефон,телефони,смартфон|phone,smartphone|telefon|Handy|téléphone
Electronics/Laptops|none|350|лаптоп,лаптопи,лаптопа|laptop,notebook|laptop|Laptop|ordinateur portable
Electronics/Tablets|none|140|таблет,таблети|tablet|tabletă|Tablet|tablette
Electronics/Headphones|none|35|слушалки,слушалките|headphones,earbuds|căști|Kopfhörer|écouteurs,casque
Electronics/Cameras|none|160|фотоапарат,камера|camera,digital camera|aparat foto|Kamera|appareil photo
Electronics/Speakers|none|45|тонколона,тонколони|speaker,speakers|boxă|Lautsprecher|enceinte
Home/Furniture|none|70|маса,стол,диван,шкаф,столове|table,chair,sofa,wardrobe|masă,scaun,canapea|Tisch,Stuhl,Sofa|table,chaise,canapé
Home/Lamps|none|22|лампа,лампи,полилей|lamp,lamps|lampă|Lampe|lampe
Home/Kitchen|none|15|тенджера,чинии,чаши,тиган|pan,plates,mugs|farfurii,cratiță|Teller,Topf|assiettes,casserole
Home/Decoration|none|12|ваза,картина,огледало,килим|vase,painting,mirror,rug|vază,oglindă|Vase,Spiegel|vase,miroir,tapis
Home/Garden|none|30|косачка,градински стол,саксия|lawn mower,garden chair|mașină de tuns|Rasenmäher|tondeuse
Sport/Bikes|none|180|велосипед,колело,колела|bike,bicycle|bicicletă|Fahrrad|vélo
Sport/Winter sports|none|90|ски,сноуборд,кънки|skis,snowboard|schiuri|Ski|skis
Sport/Camping|none|45|палатка,палатки,спален чувал|tent,sleeping bag|cort|Zelt|tente
Sport/Fitness|none|25|дъмбели,постелка|dumbbells,yoga mat|gantere|Hanteln|haltères
Books/Books|none|7|книга,книги,роман,учебник|book,novel,books|carte,roman|Buch,Roman|livre,roman
Books/Music|none|16|грамофонна плоча,плоча,китара|vinyl,record,guitar|vinil,chitară|Schallplatte,Gitarre|vinyle,guitare
Beauty/Perfume|none|32|парфюм,парфюми|perfume,eau de parfum|parfum|Parfüm|parfum
Beauty/Makeup|none|9|червило,грим,палитра|lipstick,makeup,palette|ruj|Lippenstift|rouge à lèvres
Cars/Tyres|none|95|гуми,джанти,гумите|tyres,alloy wheels|anvelope,jante|Reifen,Felgen|pneus,jantes
Cars/Parts|none|40|фар,броня,акумулатор|headlight,bumper,battery|far,baterie|Scheinwerfer|phare
Collecting/Coins|none|28|монета,монети,банкнота|coin,coins,banknote|monedă|Münze,Münzen|pièce
Collecting/Stamps|none|10|пощенски марки,марки,картичка|stamps,postcard|timbre|Briefmarken|timbres
'''

# the first ones are sold most
brands = '''Nike|Adidas|Zara|H&M|Calvin Klein|Mango|Levi's|Puma|Tommy Hilfiger|Reebok|Converse|Guess|Massimo Dutti|Vans|Bershka|Michael Kors|Reserved|Lacoste|Hugo Boss|Diesel
Ralph Lauren|Timberland|New Balance|Columbia|Under Armour|Salomon|Asics|Skechers|Louis Vuitton|Crocs|Birkenstock|The North Face|Geox|Ecco|Clarks|Uniqlo|Desigual|Stradivarius|Pepe Jeans|Orsay
Gucci|Prada|Chanel|Versace|Burberry|Armani|Benetton|Esprit|s.Oliver|Tom Tailor|Jack Jones|Vero Moda|Only|Pull&Bear|Dr. Martens|Fila|Champion|Carhartt|Dickies|Wrangler|Lee|Kappa|Umbro|Ellesse
Napapijri|Moncler|Stone Island|Patagonia|Helly Hansen|Quiksilver|Billabong|Roxy|Samsung|Apple|Xiaomi|Huawei|Sony|Lenovo|Dell|Asus|Acer|Canon|Nikon|Philips|Bosch|Ikea|Lego|Mattel|Chicco|Cybex
Casio|Seiko|Swatch|Fossil|Swarovski|Pandora|Dior|Kenzo|Givenchy|Hermès|Fendi|Céline|Chloé|Valentino|Ferragamo|Superdry|G-Star|L'Oréal|Nivea|Michelin|Continental|Makita|Tefal|Dyson'''.replace('\n', '|').split('|')

models = {
    'Nike': ('air max 90', 'air force 1', 'dunk low', 'tech fleece', 'air max 97', 'CW2288-111'),
    'Adidas': ('superstar', 'stan smith', 'samba', 'gazelle', 'ultraboost', 'campus 00s'),
    'New Balance': ('574', '530', '327', '2002R'),
    'Apple': ('iphone 13', 'iphone 12 pro', 'ipad air', 'macbook pro', 'airpods pro', 'iPhone11'),
    'Samsung': ('galaxy s21', 'galaxy a52', 'galaxy s20 256gb', 'galaxy tab'),
    "Levi's": ('501', '511 slim', 'trucker', '501s'),
    'Converse': ('chuck taylor', 'all star'),
    'Vans': ('old skool', 'sk8-hi'),
    'Lego': ('technic 42100', 'star wars', 'city 60200', 'friends 41711'),
    'Sony': ('ps4', 'ps5', 'wh-1000xm4'),
}

colors = (
    ('black', 'черен,черна,черно,черни', 'negru', 'schwarz', 'noir'), ('white', 'бял,бяла,бяло,бели', 'alb', 'weiß', 'blanc'),
    ('blue', 'син,синя,синьо,сини', 'albastru', 'blau', 'bleu'), ('red', 'червен,червена,червено,червени', 'roșu', 'rot', 'rouge'),
    ('gray', 'сив,сива,сиво,сиви', 'gri', 'grau', 'gris'), ('beige', 'бежов,бежова,бежово', 'bej', 'beige', 'beige'),
    ('green', 'зелен,зелена,зелено,зелени', 'verde', 'grün', 'vert'), ('pink', 'розов,розова,розово', 'roz', 'rosa', 'rose'),
    ('brown', 'кафяв,кафява,кафяво,кафяви', 'maro', 'braun', 'marron'), ('yellow', 'жълт,жълта,жълто', 'galben', 'gelb', 'jaune'),
    ('purple', 'лилав,лилава,лилаво', 'mov', 'lila', 'violet'), ('orange', 'оранжев,оранжева', 'portocaliu', 'orange', 'orange'),
    ('navy', 'тъмносин,тъмносиня,тъмносиньо', 'bleumarin', 'dunkelblau', 'bleu marine'), ('gold', 'златист,златиста', 'auriu', 'gold', 'doré'),
    ('silver', 'сребрист,сребриста', 'argintiu', 'silber', 'argenté'), ('multicolor', 'шарен,шарена,цветна', 'multicolor', 'bunt', 'multicolore'),
    ('khaki', 'каки', 'kaki', 'khaki', 'kaki'), ('burgundy', 'бордо', 'vișiniu', 'bordeaux', 'bordeaux'),
    ('turquoise', 'тюркоаз', 'turcoaz', 'türkis', 'turquoise'), ('cream', 'кремав,кремава', 'crem', 'creme', 'crème'),
)

materials = (
    ('cotton', 'памук', 'bumbac', 'Baumwolle', 'coton'), ('leather', 'естествена кожа', 'piele', 'Leder', 'cuir'), ('denim', 'деним', 'denim', 'Denim', 'denim'),
    ('wool', 'вълна', 'lână', 'Wolle', 'laine'), ('linen', 'лен', 'in', 'Leinen', 'lin'), ('silk', 'коприна', 'mătase', 'Seide', 'soie'),
    ('polyester', 'полиестер', 'poliester', 'Polyester', 'polyester'), ('velvet', 'кадифе', 'catifea', 'Samt', 'velours'),
    ('suede', 'велур', 'velur', 'Wildleder', 'daim'), ('cashmere', 'кашмир', 'cașmir', 'Kaschmir', 'cachemire'),
)

adjectives = {
    'bg': '''нова ново нови нов красива страхотна запазена запазени удобна удобни модерна стилна стилен ежедневна официална лятна зимна зимен пролетна дамска дамски мъжка мъжки
        детска бебешка къса дълга широка вталена оригинална оригинален винтидж ретро голяма малка лека топла топъл непромокаема елегантна елегантен спортна спортни ръчна изработка''',
    'en': '''new beautiful great vintage retro oversized slim casual elegant summer winter warm light waterproof original authentic rare cozy stylish womens mens kids long short
        cropped wide classic floral striped printed handmade limited edition''',
    'ro': 'nou nouă frumoasă elegantă vară iarnă damă bărbați copii original vintage scurtă lungă casual comodă',
    'de': 'neu schön vintage elegant Sommer Winter Damen Herren Kinder original lang kurz warm leicht selten',
    'fr': 'neuf neuve belle vintage élégante été hiver femme homme enfant original longue courte chaud rare',
}

fillers = {
    'bg': '''носена няколко пъти без забележки много добро състояние оригинална цена изпращам с еконт или спиди преглед и тест платени от купувача размерът е малък отговаря на може да се
        комбинира подарък не ми става купена от магазина цветът е както на снимката мерки дължина ширина ръкав талия ханш пазене на място лично предаване софия пловдив варна бургас за повече
        информация пишете на лично без дефекти петна има леки следи от носене подходяща за всеки повод материята мека приятна перфектна като нова с етикет''',
    'en': '''worn a few times only no flaws very good condition original price can ship tomorrow buyer pays shipping true to size fits like small medium bought in store color as in the photo
        measurements length width sleeve waist hips pick up possible smoke free home message me for more pictures no defects stains some light signs of wear perfect for any occasion soft fabric
        comfortable like new with tags bundle discount available''',
    'ro': '''purtată de câteva ori stare foarte bună fără defecte preț original trimit prin curier plata ramburs mărimea corespunde culoarea ca în poză pentru detalii mesaj privat ca nouă cu etichetă''',
    'de': '''wenig getragen sehr guter Zustand keine Mängel Versand möglich Käufer zahlt Versand fällt klein aus Farbe wie auf dem Foto tierfreier Nichtraucherhaushalt bei Fragen einfach schreiben
        wie neu mit Etikett''',
    'fr': '''porté quelques fois très bon état sans défaut envoi rapide possible taille correspond couleur comme sur la photo remise en main propre lot possible comme neuf avec étiquette''',
}

sizes = {
    'clothes': ('M', 'S', 'L', 'XL', 'XS', '38', '40', '36', 'XXL', '42', '34', '44', '46', '3XL', 'XXS'),
    'shoes': ('38', '39', '40', '42', '37', '41', '43', '36', '38.5', '44', '37.5', '42.5', '40.5', '45', '36.5', '44.5', '46', '35'),
    'kids': ('92', '98', '104', '86', '110', '116', '80', '122', '74', '68', '128', '62', '134', '140', '146', '152', '56'),
    'none': (),
}
size_words = {'bg': ('размер ', 'р-р ', '', 'номер '), 'en': ('size ', '', 'EU '), 'ro': ('mărimea ', ''), 'de': ('Größe ', 'Gr. '), 'fr': ('taille ', '')}

# of the reference's words, and how many are so
conditions = (('new', 0.15), ('like_new', 0.35), ('good', 0.3), ('fair', 0.15), ('poor', 0.05))
condition_prices = {'new': 1.25, 'like_new': 1.05, 'good': 0.85, 'fair': 0.65, 'poor': 0.5}
countries = {'bg': 'BG', 'en': 'BG', 'ro': 'RO', 'de': 'DE', 'fr': 'FR'}
