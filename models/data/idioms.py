"""What musicians say when they mean an instrument and do not name it: gear, techniques, figures of a genre.

Phrases are separated by commas, all lower-case. An idiom never says more than its fact: what is true of one instrument
of a family alone stands under that instrument. `models.data.wording` has the names themselves.
"""

# ruff: noqa: E501 (a table of phrases reads better in long rows)
from __future__ import annotations

from models.data.wording import Fact

_OF_FAMILIES = {
    "drums": "kick and snare pattern, fills, drum fill, ghost notes, rimshots and hats, backbeat on two and four, crash and ride, sticks, groovy pocket, drum pattern, half-time groove, double-time, chopped break, amen break, jungle break, breaks, drum and bass break, two-step, train beat, bo diddley beat, motown beat, blast beat, second line, snare rolls, hat rolls, swing on the hats, sixteenth hats, disco beat, garage beat, kick hat snare, tight kit, roomy kit, punchy kick, crunchy snare, fat snare, sampler drums, mpc, drum samples, drum programming",
    "bass": "root notes, walking line, sub frequencies, octave jumps, bass riff in the verse, holding down the low end, locking with the kick, eighth-note roots, four string, five string, bottom end, rumble, ostinato down low, pedal tone, flatwounds, roundwounds, ampeg, plucked low notes, dub bassline, motown bassline, disco octaves, slides and ghost notes down low",
    "piano": "black and white keys, 88 keys, ebony and ivory, left hand octaves, block chords, broken chords on the keys, felt and hammers, sustain pedal, una corda, stride, boogie woogie, ragtime, nocturne, montuno, gospel runs, ballad accompaniment on the keys, voicings, two-handed chords, steinway d, bosendorfer, yamaha grand, bechstein, piano ballad intro, keys player",
    "electric piano": "tine, reed piano, tremolo keys, stereo tremolo, phaser on the keys, neo soul chords, ninth chords, jazz fusion keys, lounge keys, soul ballad keys, wah keys, seventies keys, city pop keys, r&b keys, chill keys, lo-fi keys, mark ii, wurlitzer 200a, stage 73, dyno, cp70, bell-like keys, phased keys, barky keys",
    "organ": "leslie fast, leslie slow, slow rotary, key click, percussion on, drawbars out, bass pedals, swell pedal, bubbling offbeat, organ bubble, sustained organ, gospel shouts, gospel church, b3 solo, manual, stops, full stops, tonewheel chords, two manuals, spinning horn, chapel, sunday service, hymn, garage rock keys, wheezing bellows",
    "guitar": "open chords, barre chords, capo, plectrum, fretboard, strum, downstrokes, fingerpicking, hammer-ons and pull-offs, bends, string bends, double stops, tapping, slide, bottleneck, wah pedal, tremolo picking, tube amp, stompbox, riffing, licks, open tuning, rhythm guitar, lead guitar, jangle, jangly, chicken picking, travis picking, whammy bar, amp and cab, spring reverb twang, octaves like in jazz, funk scratches, skank, campfire chords, cowboy chords",
    "strings": "bow, bowed, legato bowing, spiccato, marcato, col legno, sul tasto, divisi, bow section, film score, soundtrack, hollywood, chamber group, vibrato section, arco, tremolo bowing, unison lines, romantic swells, ostinato for film, symphonic backing, chamber orchestra, epic trailer strings, underscore, first and second violins",
    "brass": "valves, mouthpiece, plunger, harmon mute, wah-wah mute, falls, doits, shakes, swells and stabs, shout chorus, horn punches, horn riff, section hits, braams, braam, big band hits, marching band, mariachi, second line horns, blaring, bone section, trumpet section, heroic theme, royal fanfare, military fanfare, brass quintet",
    "winds": "reed, breath, tongued notes, embouchure, blowing, wooden pipes, solo over the changes, reed section, saxes, sax section, sax riff, trills and runs, pastoral melody, woodwind trio, wind quintet, key clicks and breath, flutter tongue, bebop lines, smooth jazz solo, breathy tone, whistle-like",
    "mallets": "sticks on bars, bars, soft mallets, hard mallets, four mallets, rolled notes, wooden bars, tuned metal, gamelan, gamelan patterns, lullaby, nursery, toy, island sound, caribbean, minimal music patterns, steve reich patterns, bell tones, christmas bells, church bells, tubular bells, plinky, plonky, resonator tubes, motor on",
    "pad": "slow attack, long release, washes, atmosphere in the background, background layer, floating chords, sustained layer, evolving layer, cinematic layer, drone in the background, clouds, glue, warm bed, shimmer, breath of air, granular, granular clouds, glacial, sound bed, space, spacey layer, meditation, new age, oceanic, held synth chords, filter sweep chords, unison strings on a synth, aahs and oohs, vocal layer, choir of angels",
    "lead": "mono, legato glide, portamento solo, pitch bend, mod wheel, oscillator, sawtooth, square wave, pulse width, arpeggiated synth, sixteenth arp, gated arp, sequenced line, step sequencer, berlin school, hoover, rave stab, talkbox, vocoder line, synth hook line, festival drop, drop melody, future bass lead, whistle, g-funk whine, sci-fi, screaming synth, squelchy line, pluck line, plucky synth, virus, serum, nord lead, jp-8000, sh-101, juno arp, space disco sequence",
}
_OF_INSTRUMENTS = {
    "electronic kit": "techno kick, rumbling kick, house kick, electro drums, clap and hats, roland drums",
    "808 kit": "booming kick, trap hats, hat rolls, bouncing 808s, trap",
    "brushed kit": "swishing, sweeping snare, stirring the snare",
    "jazz kit": "spang-a-lang, swinging ride, feathered kick",
    "upright bass": "pizzicato bass, jazz trio bass, rockabilly slap",
    "fretless bass": "mwah, singing slides, jaco tone",
    "slap bass": "thumb and pop, slapping and popping, funk thumb",
    "synth bass": "analog low end, filter bass, saw bassline, techno bassline, acid line, rolling bassline, sequenced bass",
    "sub bass": "pure sine low end, booming low end, subsonic",
    "reese bass": "wobble, wub wub, growling, neuro, dubstep wobble",
    "honky-tonk piano": "saloon, western bar, player piano, detuned hammers",
    "harpsichord": "baroque, continuo, plucked keyboard",
    "rhodes": "fender seventy-three, suitcase with tremolo, warm tines",
    "fm piano": "eighties ballad keys, glassy keys, dx presets, fm tines",
    "clavinet": "superstition keys, funky wah keys, percussive keys",
    "church organ": "cathedral, principal stops, toccata, full pipes, big church",
    "reed organ": "bellows, pump organ drone",
    "accordion": "bellows, french cafe, polka, tango squeeze",
    "nylon guitar": "spanish, flamenco, rasgueado, classical fingerstyle, bossa chords",
    "steel guitar": "dreadnought strums, folk picking, bluegrass picking, dobro",
    "jazz guitar": "archtop comping, octaves, mellow hollow body",
    "clean guitar": "glassy single coils, clean twin amp, country twang, surf twang, jazzmaster, rickenbacker, twelve-string jangle",
    "muted guitar": "palm muted chugs, muted plucks, chucks",
    "overdriven guitar": "marshall stack, crunchy rhythm, blues licks, tube screamer, plexi, classic rock riff",
    "distorted guitar": "mesa rectifier, djent, drop tuning chugs, shred, shoegaze wall, big muff, detuned riffs",
    "sitar": "raga, drone and buzz",
    "banjo": "bluegrass rolls, clawhammer",
    "harp": "glissandi, plucked harp, angelic plucks",
    "pizzicato strings": "plucked, sneaky plucks",
    "synth strings": "solina, ensemble chorus strings, disco string machine",
    "tuba": "oompah bass, polka bass",
    "muted trumpet": "smoky club trumpet, cup mute, cool jazz horn",
    "french horn": "noble horns, hunting horn, heroic horns",
    "synth brass": "jump chords, obxa brass, eighties synth stabs",
    "recorder": "medieval pipe, renaissance consort",
    "pan flute": "andes, shepherd pipes",
    "kalimba": "african thumb piano, plucked tines",
    "steel drums": "trinidad, calypso, carnival pans",
    "music box": "wind-up toy, lullaby",
    "choir pad": "choir of angels, humming, gregorian, cathedral voices, mellotron voices",
    "warm pad": "juno chords, analog warmth, soft synth bed",
    "polysynth pad": "jupiter chords, obx chords, eighties polysynth, prophet chords",
    "saw lead": "supersaw chords, trance anthem, hands in the air",
    "square lead": "arcade, chip melody, retro game",
}
IDIOMS: dict[Fact, tuple[str, ...]] = {
    (kind, name): tuple(phrase.strip() for phrase in text.split(","))
    for kind, texts in (("family", _OF_FAMILIES), ("instrument", _OF_INSTRUMENTS))
    for name, text in texts.items()
}

_STRANGERS = "my our your this that old new next first last second take number version part section verse chorus intro outro bridge drop break-down build mix demo song tune track idea stem loop session studio live bar street night morning summer winter rain city ocean desert forest space moon sun gold blue red black white green velvet dusty golden silver really very super quite rather kinda sorta just maybe please thanks like style type vibe feel feeling flavour flavor sound tone mood inspired by from of the a an in on at with without and or but not too much little bit more less better best favourite classic vintage modern contemporary nineties seventies sixties nineteen twenty hit single album record radio film movie scene game trailer advert podcast wedding festival hands player players band trio quartet duo legend master school eighties-era era region coast east west north south uk us french german japanese african swedish london berlin tokyo detroit paris memphis nashville"
STRANGERS = tuple(_STRANGERS.split())
"""Words that say nothing about a stem, beside which what is said must still be understood."""
