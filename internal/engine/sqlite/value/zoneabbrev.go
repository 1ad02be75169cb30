package value

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// zoneAbbreviations are PostgreSQL's default abbreviations of time zones: with seconds east of Greenwich, a d for daylight time, or the zone whose offset of the
// moment they mean.
const zoneAbbreviations = `
acdt 37800d, acsst 37800d, acst 34200, act -18000, acwst 31500, adt -10800d, aedt 39600d, aesst 39600d, aest 36000, aft 16200, akdt -28800d,
akst -32400, almst 25200d, almt 21600, amst Asia/Yerevan, amt -14400, anast Asia/Anadyr, anat Asia/Anadyr, arst America/Argentina/Buenos_Aires,
art America/Argentina/Buenos_Aires, ast -14400, awsst 32400d, awst 28800, azost 0d, azot -3600, azst Asia/Baku, azt Asia/Baku, bdst 7200d, bdt 21600,
bnt 28800, bort 28800, bot -14400, bra -10800, brst -7200d, brt -10800, bst 3600d, btt 21600, cadt 37800d, cast 34200, cct 28800, cdt -18000d,
cest 7200d, cet 3600, cetdst 7200d, chadt 49500d, chast 45900, chut 36000, ckt Pacific/Rarotonga, clst -10800d, clt America/Santiago, cot -18000,
cst -21600, cxt 25200, davt Antarctica/Davis, ddut 36000, easst Pacific/Easter, east Pacific/Easter, eat 10800, edt -14400d, eest 10800d, eet 7200,
eetdst 10800d, egst 0d, egt -3600, est -18000, fet 10800, fjst 46800d, fjt 43200, fkst Atlantic/Stanley, fkt Atlantic/Stanley, fnst -3600d, fnt -7200,
galt -21600, gamt -32400, gest Asia/Tbilisi, get Asia/Tbilisi, gft -10800, gilt 43200, gmt 0, gyt America/Guyana, hkt 28800, hst -36000, ict 25200,
idt 10800d, iot Indian/Chagos, irkst Asia/Irkutsk, irkt Asia/Irkutsk, irt 12600, ist 7200, jayt 32400, jst 32400, kdt 36000d, kgst 21600d,
kgt Asia/Bishkek, kost Pacific/Kosrae, krast Asia/Krasnoyarsk, krat Asia/Krasnoyarsk, kst 32400, lhdt Australia/Lord_Howe, lhst 37800, ligt 36000,
lint Pacific/Kiritimati, lkt Asia/Colombo, magst Asia/Magadan, magt Asia/Magadan, mart -34200, mawt Antarctica/Mawson, mdt -21600d, mest 7200d,
mesz 7200d, met 3600, metdst 7200d, mez 3600, mht 43200, mmt 23400, mpt 36000, msd 14400d, msk Europe/Moscow, mst -25200, must 18000d, mut 14400,
mvt 18000, myt 28800, ndt -9000d, nft -12600, novst Asia/Novosibirsk, novt Asia/Novosibirsk, npt 20700, nst -12600, nut Pacific/Niue, nzdt 46800d,
nzst 43200, nzt 43200, omsst Asia/Omsk, omst Asia/Omsk, pdt -25200d, pet -18000, petst Asia/Kamchatka, pett Asia/Kamchatka, pgt 36000, pht 28800,
pkst 21600d, pkt 18000, pmdt -7200d, pmst -10800, pont 39600, pst -28800, pwt 32400, pyst -10800d, pyt America/Asuncion, ret 14400, sadt 37800d,
sast 7200, sct 14400, sgt Asia/Singapore, taht -36000, tft 18000, tjt 18000, tkt Pacific/Fakaofo, tmt Asia/Ashgabat, tot 46800, trut 36000, tvt 43200,
uct 0, ulast 32400d, ulat Asia/Ulaanbaatar, ut 0, utc 0, uyst -7200d, uyt -10800, uzst 21600d, uzt 18000, vet America/Caracas, vlast Asia/Vladivostok,
vlat Asia/Vladivostok, volt Europe/Volgograd, vut 39600, wadt 28800d, wakt 43200, wast 25200, wat 3600, wdt 32400d, wet 0, wetdst 3600d, wft 43200,
wgst -7200d, wgt -10800, xjt 21600, yakst Asia/Yakutsk, yakt Asia/Yakutsk, yapt 36000, yekst 21600d, yekt Asia/Yekaterinburg, z 0, zulu 0
`

// An abbreviation is a time zone's short name.
type abbreviation struct {
	offset   int // seconds east
	daylight bool
	zone     *time.Location // instead of an offset
}

var abbreviations = sync.OnceValue(func() map[string]abbreviation {
	m := map[string]abbreviation{}
	for item := range strings.SplitSeq(zoneAbbreviations, ",") {
		name, what, _ := strings.Cut(strings.TrimSpace(item), " ")
		digits, daylight := strings.CutSuffix(what, "d")
		if n, err := strconv.Atoi(digits); err == nil {
			m[name] = abbreviation{offset: n, daylight: daylight}
		} else if z, err := time.LoadLocation(what); err == nil {
			m[name] = abbreviation{zone: z}
		}
	}
	return m
})
