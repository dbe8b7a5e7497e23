{
	"patcher": {
		"fileversion": 1,
		"appversion": {
			"major": 8,
			"minor": 5,
			"revision": 0,
			"architecture": "x64",
			"modernui": 1
		},
		"classnamespace": "box",
		"rect": [
			80.0,
			80.0,
			1400.0,
			800.0
		],
		"openrect": [
			0.0,
			0.0,
			560.0,
			169.0
		],
		"openinpresentation": 1,
		"default_fontsize": 10.0,
		"default_fontface": 0,
		"default_fontname": "Arial",
		"gridsize": [
			8.0,
			8.0
		],
		"devicewidth": 560.0,
		"description": "Plays along: listens to the bus, asks the riffbridge server, puts variations in clip slots.",
		"boxes": [
			{
				"box": {
					"id": "obj-1",
					"maxclass": "newobj",
					"text": "plugin~ 1 2",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"signal"
					],
					"patching_rect": [
						20.0,
						52.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-2",
					"maxclass": "newobj",
					"text": "plugout~ 1 2",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"signal"
					],
					"patching_rect": [
						20.0,
						84.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-3",
					"maxclass": "newobj",
					"text": "plugsync~",
					"numinlets": 1,
					"numoutlets": 9,
					"outlettype": [
						"int",
						"int",
						"int",
						"float",
						"",
						"float",
						"float",
						"int",
						"int"
					],
					"patching_rect": [
						20.0,
						116.0,
						66.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-4",
					"maxclass": "newobj",
					"text": "js riffbridge-live.js",
					"numinlets": 1,
					"numoutlets": 5,
					"outlettype": [
						"",
						"",
						"",
						"",
						""
					],
					"patching_rect": [
						220.0,
						52.0,
						144.5,
						22.0
					],
					"saved_object_attributes": {
						"filename": "riffbridge-live.js",
						"parameter_enable": 0
					}
				}
			},
			{
				"box": {
					"id": "obj-5",
					"maxclass": "newobj",
					"text": "node.script riffbridge-bridge.node.js @autostart 1 @watch 0",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						220.0,
						84.0,
						391.5,
						22.0
					],
					"saved_object_attributes": {
						"autostart": 1,
						"defer": 0,
						"watch": 0
					},
					"textfile": {
						"filename": "riffbridge-bridge.node.js",
						"flags": 0,
						"embed": 0,
						"autowatch": 0
					}
				}
			},
			{
				"box": {
					"id": "obj-6",
					"maxclass": "newobj",
					"text": "s ---to_bridge",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						220.0,
						116.0,
						99.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-7",
					"maxclass": "newobj",
					"text": "r ---to_bridge",
					"numinlets": 0,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						148.0,
						99.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-8",
					"maxclass": "newobj",
					"text": "s ---from_bridge",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						220.0,
						180.0,
						112.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-9",
					"maxclass": "newobj",
					"text": "r ---from_bridge",
					"numinlets": 0,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						212.0,
						112.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-10",
					"maxclass": "newobj",
					"text": "deferlow",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						244.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-11",
					"maxclass": "newobj",
					"text": "prepend node",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						276.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-12",
					"maxclass": "newobj",
					"text": "deferlow",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						308.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-13",
					"maxclass": "newobj",
					"text": "prepend lifecycle",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						220.0,
						340.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-14",
					"maxclass": "newobj",
					"text": "record~ ---ctx 4 @loop 1 @append 1",
					"numinlets": 6,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						420.0,
						52.0,
						229.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-15",
					"maxclass": "newobj",
					"text": "buffer~ ---ctx 64000 4 @format float32",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						420.0,
						84.0,
						255.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-16",
					"maxclass": "newobj",
					"text": "plugphasor~",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						""
					],
					"patching_rect": [
						420.0,
						116.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-17",
					"maxclass": "newobj",
					"text": "i",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						420.0,
						148.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-18",
					"maxclass": "newobj",
					"text": "/ 65536.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"float"
					],
					"patching_rect": [
						420.0,
						180.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-19",
					"maxclass": "newobj",
					"text": "sig~",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						420.0,
						212.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-20",
					"maxclass": "newobj",
					"text": "route record grab",
					"numinlets": 3,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						""
					],
					"patching_rect": [
						420.0,
						244.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-21",
					"maxclass": "newobj",
					"text": "t s b b",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"bang",
						"bang"
					],
					"patching_rect": [
						420.0,
						276.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-22",
					"maxclass": "newobj",
					"text": "snapshot~",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"float"
					],
					"patching_rect": [
						420.0,
						308.0,
						66.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-23",
					"maxclass": "newobj",
					"text": "prepend head",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						420.0,
						340.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-24",
					"maxclass": "message",
					"text": "0",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						420.0,
						372.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-25",
					"maxclass": "message",
					"text": "1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						420.0,
						404.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-26",
					"maxclass": "newobj",
					"text": "prepend writewave",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						420.0,
						436.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-27",
					"maxclass": "newobj",
					"text": "t b b",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						"bang"
					],
					"patching_rect": [
						420.0,
						468.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-28",
					"maxclass": "message",
					"text": "written",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						420.0,
						500.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-29",
					"maxclass": "newobj",
					"text": "route load length play",
					"numinlets": 4,
					"numoutlets": 4,
					"outlettype": [
						"",
						"",
						"",
						""
					],
					"patching_rect": [
						620.0,
						52.0,
						151.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-30",
					"maxclass": "newobj",
					"text": "route 1 2 3 4",
					"numinlets": 5,
					"numoutlets": 5,
					"outlettype": [
						"",
						"",
						"",
						"",
						""
					],
					"patching_rect": [
						620.0,
						84.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-31",
					"maxclass": "newobj",
					"text": "t l l",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						820.0,
						52.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-32",
					"maxclass": "newobj",
					"text": "phasor~ 1n @lock 1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820.0,
						84.0,
						125.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-33",
					"maxclass": "newobj",
					"text": "*~ 2000.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820.0,
						116.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-34",
					"maxclass": "message",
					"text": "$1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						820.0,
						148.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-35",
					"maxclass": "newobj",
					"text": "* 480.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"float"
					],
					"patching_rect": [
						820.0,
						180.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-36",
					"maxclass": "newobj",
					"text": "i",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						820.0,
						212.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-37",
					"maxclass": "message",
					"text": "$1 ticks",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						820.0,
						244.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-38",
					"maxclass": "message",
					"text": "$2",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						820.0,
						276.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-39",
					"maxclass": "newobj",
					"text": "i",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						820.0,
						308.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-40",
					"maxclass": "newobj",
					"text": "t i i",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"int",
						"int"
					],
					"patching_rect": [
						820.0,
						340.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-41",
					"maxclass": "newobj",
					"text": "sel 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						""
					],
					"patching_rect": [
						820.0,
						372.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-42",
					"maxclass": "newobj",
					"text": "change",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"int",
						"int"
					],
					"patching_rect": [
						820.0,
						404.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-43",
					"maxclass": "newobj",
					"text": "t b",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"bang"
					],
					"patching_rect": [
						820.0,
						436.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-44",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						820.0,
						468.0,
						40.0,
						22.0
					],
					"varname": "Gain",
					"annotation_name": "Gain",
					"annotation": "Level of the audition.",
					"presentation": 1,
					"presentation_rect": [
						400.0,
						96.0,
						72.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Gain",
							"parameter_shortname": "Gain",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Gain",
							"parameter_info": "Level of the audition.",
							"parameter_modmode": 0,
							"parameter_type": 0,
							"parameter_mmin": -70.0,
							"parameter_mmax": 6.0,
							"parameter_unitstyle": 4,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-45",
					"maxclass": "newobj",
					"text": "dbtoa",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						"float"
					],
					"patching_rect": [
						820.0,
						500.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-46",
					"maxclass": "message",
					"text": "$1 20",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						820.0,
						532.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-47",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						820.0,
						564.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-48",
					"maxclass": "newobj",
					"text": "change",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"int",
						"int"
					],
					"patching_rect": [
						820.0,
						596.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-49",
					"maxclass": "message",
					"text": "$1 20",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						820.0,
						628.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-50",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						820.0,
						660.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-51",
					"maxclass": "newobj",
					"text": "*~ 1.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820.0,
						692.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-52",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						820.0,
						724.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-53",
					"maxclass": "newobj",
					"text": "*~ 1.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						52.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-54",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						84.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-55",
					"maxclass": "newobj",
					"text": "prepend replace",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1020.0,
						116.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-56",
					"maxclass": "newobj",
					"text": "buffer~ ---v1",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						1020.0,
						148.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-57",
					"maxclass": "newobj",
					"text": "play~ ---v1 2",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"signal",
						"signal",
						"bang"
					],
					"patching_rect": [
						1020.0,
						180.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-58",
					"maxclass": "newobj",
					"text": "== 1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						1020.0,
						212.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-59",
					"maxclass": "message",
					"text": "$1 10",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1020.0,
						244.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-60",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						1020.0,
						276.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-61",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						308.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-62",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						340.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-63",
					"maxclass": "newobj",
					"text": "prepend replace",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1020.0,
						372.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-64",
					"maxclass": "newobj",
					"text": "buffer~ ---v2",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						1020.0,
						404.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-65",
					"maxclass": "newobj",
					"text": "play~ ---v2 2",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"signal",
						"signal",
						"bang"
					],
					"patching_rect": [
						1020.0,
						436.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-66",
					"maxclass": "newobj",
					"text": "== 2",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						1020.0,
						468.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-67",
					"maxclass": "message",
					"text": "$1 10",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1020.0,
						500.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-68",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						1020.0,
						532.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-69",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						564.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-70",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1020.0,
						596.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-71",
					"maxclass": "newobj",
					"text": "prepend replace",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1020.0,
						628.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-72",
					"maxclass": "newobj",
					"text": "buffer~ ---v3",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						1020.0,
						660.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-73",
					"maxclass": "newobj",
					"text": "play~ ---v3 2",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"signal",
						"signal",
						"bang"
					],
					"patching_rect": [
						1020.0,
						692.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-74",
					"maxclass": "newobj",
					"text": "== 3",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						1020.0,
						724.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-75",
					"maxclass": "message",
					"text": "$1 10",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1220.0,
						52.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-76",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						1220.0,
						84.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-77",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1220.0,
						116.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-78",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1220.0,
						148.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-79",
					"maxclass": "newobj",
					"text": "prepend replace",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1220.0,
						180.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-80",
					"maxclass": "newobj",
					"text": "buffer~ ---v4",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"float",
						"bang"
					],
					"patching_rect": [
						1220.0,
						212.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-81",
					"maxclass": "newobj",
					"text": "play~ ---v4 2",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"signal",
						"signal",
						"bang"
					],
					"patching_rect": [
						1220.0,
						244.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-82",
					"maxclass": "newobj",
					"text": "== 4",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"int"
					],
					"patching_rect": [
						1220.0,
						276.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-83",
					"maxclass": "message",
					"text": "$1 10",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1220.0,
						308.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-84",
					"maxclass": "newobj",
					"text": "line~",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"signal",
						"bang"
					],
					"patching_rect": [
						1220.0,
						340.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-85",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1220.0,
						372.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-86",
					"maxclass": "newobj",
					"text": "*~ 0.",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						"signal"
					],
					"patching_rect": [
						1220.0,
						404.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-87",
					"maxclass": "newobj",
					"text": "pattr State",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						""
					],
					"patching_rect": [
						1420.0,
						52.0,
						79.5,
						22.0
					],
					"varname": "State",
					"parameter_enable": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "State",
							"parameter_shortname": "State",
							"parameter_type": 3,
							"parameter_invisible": 1
						}
					},
					"saved_object_attributes": {
						"initial": [
							""
						],
						"parameter_enable": 1,
						"parameter_mappable": 0
					}
				}
			},
			{
				"box": {
					"id": "obj-88",
					"maxclass": "newobj",
					"text": "prepend stored_text",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1420.0,
						84.0,
						131.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-89",
					"maxclass": "newobj",
					"text": "t b b",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						"bang"
					],
					"patching_rect": [
						1420.0,
						116.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-90",
					"maxclass": "message",
					"text": "1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1420.0,
						148.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-91",
					"maxclass": "newobj",
					"text": "gate",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1420.0,
						180.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-92",
					"maxclass": "newobj",
					"text": "live.thisdevice",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"bang",
						"int",
						"int"
					],
					"patching_rect": [
						1420.0,
						212.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-93",
					"maxclass": "message",
					"text": "init",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1420.0,
						244.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-94",
					"maxclass": "newobj",
					"text": "t b b",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"bang",
						"bang"
					],
					"patching_rect": [
						1420.0,
						276.0,
						40.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-95",
					"maxclass": "message",
					"text": "init_again",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1420.0,
						308.0,
						73.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-96",
					"maxclass": "newobj",
					"text": "route boot",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1420.0,
						340.0,
						73.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-97",
					"maxclass": "newobj",
					"text": "route status progress lamp playing",
					"numinlets": 5,
					"numoutlets": 5,
					"outlettype": [
						"",
						"",
						"",
						"",
						""
					],
					"patching_rect": [
						1620.0,
						52.0,
						229.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-98",
					"maxclass": "live.comment",
					"text": "Riffbridge",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						84.0,
						73.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						72.0,
						144.0,
						480.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0,
					"varname": "status",
					"annotation_name": "Status",
					"annotation": "What the device does, and what to do when something is missing."
				}
			},
			{
				"box": {
					"id": "obj-99",
					"maxclass": "multislider",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1620.0,
						116.0,
						40.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						136.0,
						384.0,
						8.0
					],
					"varname": "progress",
					"setminmax": [
						0.0,
						1.0
					],
					"orientation": 0,
					"ignoreclick": 1,
					"saved_attribute_attributes": {
						"slidercolor": {
							"expression": "themecolor.live_value_bar"
						},
						"bgcolor": {
							"expression": "themecolor.live_lcd_bg"
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-100",
					"maxclass": "live.comment",
					"text": "No server",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						148.0,
						66.5,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						144.0,
						64.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0,
					"varname": "lamp"
				}
			},
			{
				"box": {
					"id": "obj-101",
					"maxclass": "live.comment",
					"text": "None plays",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						180.0,
						73.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						480.0,
						72.0,
						72.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0,
					"varname": "playing"
				}
			},
			{
				"box": {
					"id": "obj-102",
					"maxclass": "newobj",
					"text": "prepend set",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1620.0,
						212.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-103",
					"maxclass": "newobj",
					"text": "sel 0 1 2",
					"numinlets": 4,
					"numoutlets": 4,
					"outlettype": [
						"bang",
						"bang",
						"bang",
						""
					],
					"patching_rect": [
						1620.0,
						244.0,
						66.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-104",
					"maxclass": "message",
					"text": "set No server",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1620.0,
						276.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-105",
					"maxclass": "message",
					"text": "set Loading",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1620.0,
						308.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-106",
					"maxclass": "message",
					"text": "set Server up",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1620.0,
						340.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-107",
					"maxclass": "message",
					"text": "set $1 plays",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						1620.0,
						372.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-108",
					"maxclass": "live.comment",
					"text": "Prompt",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						404.0,
						47.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						8.0,
						176.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0
				}
			},
			{
				"box": {
					"id": "obj-109",
					"maxclass": "live.comment",
					"text": "Part",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						436.0,
						40.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						64.0,
						40.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0
				}
			},
			{
				"box": {
					"id": "obj-110",
					"maxclass": "live.comment",
					"text": "Bars",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						468.0,
						40.0,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						88.0,
						40.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0
				}
			},
			{
				"box": {
					"id": "obj-111",
					"maxclass": "live.comment",
					"text": "Count",
					"numinlets": 1,
					"numoutlets": 0,
					"patching_rect": [
						1620.0,
						500.0,
						40.5,
						22.0
					],
					"presentation": 1,
					"presentation_rect": [
						8.0,
						112.0,
						40.0,
						16.0
					],
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"textjustification": 0
				}
			},
			{
				"box": {
					"id": "obj-112",
					"maxclass": "textedit",
					"numinlets": 1,
					"numoutlets": 4,
					"outlettype": [
						"",
						"int",
						"",
						""
					],
					"patching_rect": [
						1820.0,
						52.0,
						40.0,
						22.0
					],
					"varname": "Prompt",
					"annotation_name": "Prompt",
					"annotation": "What to play, in words. Return takes it. With a part chosen, both are sent.",
					"presentation": 1,
					"presentation_rect": [
						8.0,
						24.0,
						176.0,
						32.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"keymode": 1,
					"lines": 2,
					"wordwrap": 1,
					"saved_attribute_attributes": {
						"bgcolor": {
							"expression": "themecolor.live_lcd_bg"
						},
						"textcolor": {
							"expression": "themecolor.live_lcd_control_fg"
						},
						"valueof": {
							"parameter_longname": "Prompt",
							"parameter_shortname": "Prompt",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Prompt",
							"parameter_info": "What to play, in words. Return takes it. With a part chosen, both are sent.",
							"parameter_modmode": 0,
							"parameter_type": 3
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-113",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						84.0,
						40.0,
						22.0
					],
					"varname": "Part",
					"annotation_name": "Part",
					"annotation": "The instrument to generate. 'As prompted' leaves it to the prompt.",
					"presentation": 1,
					"presentation_rect": [
						48.0,
						64.0,
						136.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Part",
							"parameter_shortname": "Part",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Part",
							"parameter_info": "The instrument to generate. 'As prompted' leaves it to the prompt.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"As prompted",
								"Drums",
								"Bass",
								"Piano",
								"El. piano",
								"Organ",
								"Guitar",
								"Strings",
								"Brass",
								"Winds",
								"Mallets",
								"Pad",
								"Lead"
							],
							"parameter_mmax": 12,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								2
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-114",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						116.0,
						40.0,
						22.0
					],
					"varname": "Bars",
					"annotation_name": "Bars",
					"annotation": "How many of the bars just played are the context.",
					"presentation": 1,
					"presentation_rect": [
						48.0,
						88.0,
						136.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"num_lines_presentation": 1,
					"num_lines_patching": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Bars",
							"parameter_shortname": "Bars",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Bars",
							"parameter_info": "How many of the bars just played are the context.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"1",
								"2",
								"4",
								"8",
								"16"
							],
							"parameter_mmax": 4,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								2
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-115",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						148.0,
						40.0,
						22.0
					],
					"varname": "Variations",
					"annotation_name": "Variations",
					"annotation": "How many stems one press of Generate makes.",
					"presentation": 1,
					"presentation_rect": [
						48.0,
						112.0,
						136.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"num_lines_presentation": 1,
					"num_lines_patching": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Variations",
							"parameter_shortname": "Count",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Variations",
							"parameter_info": "How many stems one press of Generate makes.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"1",
								"2",
								"3",
								"4"
							],
							"parameter_mmax": 3,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								2
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-116",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						180.0,
						40.0,
						22.0
					],
					"varname": "Influence",
					"annotation_name": "Influence",
					"annotation": "How strongly the context leads. 50 % is what the model pack was tuned for.",
					"presentation": 1,
					"presentation_rect": [
						192.0,
						8.0,
						48.0,
						48.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"showname": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Influence",
							"parameter_shortname": "Influence",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Influence",
							"parameter_info": "How strongly the context leads. 50 % is what the model pack was tuned for.",
							"parameter_modmode": 0,
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 100.0,
							"parameter_unitstyle": 5,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								50
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-117",
					"maxclass": "live.dial",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						212.0,
						40.0,
						22.0
					],
					"varname": "Strength",
					"annotation_name": "Strength",
					"annotation": "For Vary: 0 % keeps what plays, 100 % makes something else.",
					"presentation": 1,
					"presentation_rect": [
						240.0,
						8.0,
						48.0,
						48.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"showname": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Strength",
							"parameter_shortname": "Strength",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Strength",
							"parameter_info": "For Vary: 0 % keeps what plays, 100 % makes something else.",
							"parameter_modmode": 0,
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 100.0,
							"parameter_unitstyle": 5,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								50
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-118",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						244.0,
						40.0,
						22.0
					],
					"varname": "Seed",
					"annotation_name": "Seed",
					"annotation": "The same seed and context give the same stems. Variation k adds k to it.",
					"presentation": 1,
					"presentation_rect": [
						192.0,
						64.0,
						32.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Seed",
							"parameter_shortname": "Seed",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Seed",
							"parameter_info": "The same seed and context give the same stems. Variation k adds k to it.",
							"parameter_modmode": 0,
							"parameter_type": 0,
							"parameter_mmin": 0.0,
							"parameter_mmax": 9999.0,
							"parameter_unitstyle": 0,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-119",
					"maxclass": "live.text",
					"text": "Lock seed",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						276.0,
						66.5,
						22.0
					],
					"varname": "Seed Lock",
					"annotation_name": "Seed Lock",
					"annotation": "Keep the seed instead of drawing a new one at each press.",
					"presentation": 1,
					"presentation_rect": [
						232.0,
						64.0,
						56.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 1,
					"texton": "Lock seed",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Seed Lock",
							"parameter_shortname": "Lock seed",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Seed Lock",
							"parameter_info": "Keep the seed instead of drawing a new one at each press.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-120",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						308.0,
						40.0,
						22.0
					],
					"varname": "Quality",
					"annotation_name": "Quality",
					"annotation": "Draft is fastest; Fine takes more steps than the pack would.",
					"presentation": 1,
					"presentation_rect": [
						192.0,
						88.0,
						48.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Quality",
							"parameter_shortname": "Quality",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Quality",
							"parameter_info": "Draft is fastest; Fine takes more steps than the pack would.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"Draft",
								"Normal",
								"Fine"
							],
							"parameter_mmax": 2,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-121",
					"maxclass": "live.text",
					"text": "No style",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						340.0,
						60.0,
						22.0
					],
					"varname": "No Style",
					"annotation_name": "No Style",
					"annotation": "Forget the style file.",
					"presentation": 1,
					"presentation_rect": [
						248.0,
						88.0,
						40.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "No style",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "No Style",
							"parameter_shortname": "No style",
							"parameter_invisible": 2,
							"parameter_annotation_name": "No Style",
							"parameter_info": "Forget the style file.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-122",
					"maxclass": "live.text",
					"text": "Loop",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						372.0,
						40.0,
						22.0
					],
					"varname": "Loop",
					"annotation_name": "Loop",
					"annotation": "The stem's end meets its start without a seam.",
					"presentation": 1,
					"presentation_rect": [
						192.0,
						112.0,
						40.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 1,
					"texton": "Loop",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Loop",
							"parameter_shortname": "Loop",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Loop",
							"parameter_info": "The stem's end meets its start without a seam.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								1
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-123",
					"maxclass": "live.numbox",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						404.0,
						40.0,
						22.0
					],
					"varname": "Nudge",
					"annotation_name": "Nudge",
					"annotation": "If stems sound early or late against the context: shift the capture. The manual says how to measure it.",
					"presentation": 1,
					"presentation_rect": [
						240.0,
						112.0,
						48.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Nudge",
							"parameter_shortname": "Nudge",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Nudge",
							"parameter_info": "If stems sound early or late against the context: shift the capture. The manual says how to measure it.",
							"parameter_modmode": 0,
							"parameter_type": 0,
							"parameter_mmin": -200.0,
							"parameter_mmax": 200.0,
							"parameter_unitstyle": 9,
							"parameter_units": "%.0f ms",
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-124",
					"maxclass": "live.text",
					"text": "Generate",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						436.0,
						60.0,
						22.0
					],
					"varname": "Generate",
					"annotation_name": "Generate",
					"annotation": "Take the last bars, make variations of the part and put them into clip slots.",
					"presentation": 1,
					"presentation_rect": [
						296.0,
						8.0,
						96.0,
						40.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Generate",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Generate",
							"parameter_shortname": "Generate",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Generate",
							"parameter_info": "Take the last bars, make variations of the part and put them into clip slots.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-125",
					"maxclass": "live.text",
					"text": "Vary",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						468.0,
						40.0,
						22.0
					],
					"varname": "Vary",
					"annotation_name": "Vary",
					"annotation": "Make the variation that plays anew: near to it or far from it, see Strength.",
					"presentation": 1,
					"presentation_rect": [
						296.0,
						56.0,
						40.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Vary",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Vary",
							"parameter_shortname": "Vary",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Vary",
							"parameter_info": "Make the variation that plays anew: near to it or far from it, see Strength.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-126",
					"maxclass": "live.text",
					"text": "Cancel",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						500.0,
						47.0,
						22.0
					],
					"varname": "Cancel",
					"annotation_name": "Cancel",
					"annotation": "Stop the request. Stems that are finished stay.",
					"presentation": 1,
					"presentation_rect": [
						344.0,
						56.0,
						48.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Cancel",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Cancel",
							"parameter_shortname": "Cancel",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Cancel",
							"parameter_info": "Stop the request. Stems that are finished stay.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-127",
					"maxclass": "live.drop",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						532.0,
						40.0,
						22.0
					],
					"varname": "Context File",
					"annotation_name": "Context File",
					"annotation": "Drop a WAV here to use it as context instead of what was played.",
					"presentation": 1,
					"presentation_rect": [
						296.0,
						80.0,
						40.0,
						24.0
					],
					"legend": "Context",
					"parameter_enable": 0
				}
			},
			{
				"box": {
					"id": "obj-128",
					"maxclass": "live.drop",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						564.0,
						40.0,
						22.0
					],
					"varname": "Style File",
					"annotation_name": "Style File",
					"annotation": "Drop a WAV here whose sound the stems shall follow. 'No style' takes it away.",
					"presentation": 1,
					"presentation_rect": [
						344.0,
						80.0,
						48.0,
						24.0
					],
					"legend": "Style",
					"parameter_enable": 0
				}
			},
			{
				"box": {
					"id": "obj-129",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						1820.0,
						596.0,
						40.0,
						22.0
					],
					"varname": "Source",
					"annotation_name": "Source",
					"annotation": "The context: the last bars that were played here, the file of the selected audio clip, or the dropped file.",
					"presentation": 1,
					"presentation_rect": [
						296.0,
						112.0,
						96.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Source",
							"parameter_shortname": "Source",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Source",
							"parameter_info": "The context: the last bars that were played here, the file of the selected audio clip, or the dropped file.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"Last bars",
								"Selected clip",
								"Dropped file"
							],
							"parameter_mmax": 2,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-130",
					"maxclass": "live.text",
					"text": "1",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						628.0,
						40.0,
						22.0
					],
					"varname": "Fire 1",
					"annotation_name": "Fire 1",
					"annotation": "Launch variation 1 on the next bar. Map it to a pad or pedal.",
					"presentation": 1,
					"presentation_rect": [
						400.0,
						8.0,
						32.0,
						32.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "1",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Fire 1",
							"parameter_shortname": "Fire 1",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Fire 1",
							"parameter_info": "Launch variation 1 on the next bar. Map it to a pad or pedal.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-131",
					"maxclass": "live.text",
					"text": "2",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						660.0,
						40.0,
						22.0
					],
					"varname": "Fire 2",
					"annotation_name": "Fire 2",
					"annotation": "Launch variation 2 on the next bar. Map it to a pad or pedal.",
					"presentation": 1,
					"presentation_rect": [
						440.0,
						8.0,
						32.0,
						32.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "2",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Fire 2",
							"parameter_shortname": "Fire 2",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Fire 2",
							"parameter_info": "Launch variation 2 on the next bar. Map it to a pad or pedal.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-132",
					"maxclass": "live.text",
					"text": "3",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						692.0,
						40.0,
						22.0
					],
					"varname": "Fire 3",
					"annotation_name": "Fire 3",
					"annotation": "Launch variation 3 on the next bar. Map it to a pad or pedal.",
					"presentation": 1,
					"presentation_rect": [
						480.0,
						8.0,
						32.0,
						32.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "3",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Fire 3",
							"parameter_shortname": "Fire 3",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Fire 3",
							"parameter_info": "Launch variation 3 on the next bar. Map it to a pad or pedal.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-133",
					"maxclass": "live.text",
					"text": "4",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						1820.0,
						724.0,
						40.0,
						22.0
					],
					"varname": "Fire 4",
					"annotation_name": "Fire 4",
					"annotation": "Launch variation 4 on the next bar. Map it to a pad or pedal.",
					"presentation": 1,
					"presentation_rect": [
						520.0,
						8.0,
						32.0,
						32.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "4",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Fire 4",
							"parameter_shortname": "Fire 4",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Fire 4",
							"parameter_info": "Launch variation 4 on the next bar. Map it to a pad or pedal.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-134",
					"maxclass": "live.text",
					"text": "Next",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						52.0,
						40.0,
						22.0
					],
					"varname": "Next",
					"annotation_name": "Next",
					"annotation": "Launch the next variation.",
					"presentation": 1,
					"presentation_rect": [
						400.0,
						48.0,
						72.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Next",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Next",
							"parameter_shortname": "Next",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Next",
							"parameter_info": "Launch the next variation.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-135",
					"maxclass": "live.text",
					"text": "Stop",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						84.0,
						40.0,
						22.0
					],
					"varname": "Stop",
					"annotation_name": "Stop",
					"annotation": "Stop the variations' track and the audition.",
					"presentation": 1,
					"presentation_rect": [
						480.0,
						48.0,
						72.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Stop",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Stop",
							"parameter_shortname": "Stop",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Stop",
							"parameter_info": "Stop the variations' track and the audition.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-136",
					"maxclass": "live.text",
					"text": "Audition",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						116.0,
						60.0,
						22.0
					],
					"varname": "Audition",
					"annotation_name": "Audition",
					"annotation": "Fire plays inside the device instead of launching clips: instant, and nothing touches the set.",
					"presentation": 1,
					"presentation_rect": [
						400.0,
						72.0,
						72.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 1,
					"texton": "Audition",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Audition",
							"parameter_shortname": "Audition",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Audition",
							"parameter_info": "Fire plays inside the device instead of launching clips: instant, and nothing touches the set.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-137",
					"maxclass": "live.menu",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						2020.0,
						148.0,
						40.0,
						22.0
					],
					"varname": "Insert",
					"annotation_name": "Insert",
					"annotation": "Where stems go: clip slots, the arrangement where the context was heard, take lanes, or nowhere.",
					"presentation": 1,
					"presentation_rect": [
						480.0,
						96.0,
						72.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Insert",
							"parameter_shortname": "Insert",
							"parameter_invisible": 1,
							"parameter_annotation_name": "Insert",
							"parameter_info": "Where stems go: clip slots, the arrangement where the context was heard, take lanes, or nowhere.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"To slots",
								"To arrange",
								"To lanes",
								"Preview"
							],
							"parameter_mmax": 3,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-138",
					"maxclass": "live.text",
					"text": "Start",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						180.0,
						40.5,
						22.0
					],
					"varname": "Start Server",
					"annotation_name": "Start Server",
					"annotation": "Start riffbridge, if it does not run yet.",
					"presentation": 1,
					"presentation_rect": [
						400.0,
						120.0,
						48.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Start",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Start Server",
							"parameter_shortname": "Start",
							"parameter_invisible": 2,
							"parameter_annotation_name": "Start Server",
							"parameter_info": "Start riffbridge, if it does not run yet.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-139",
					"maxclass": "live.text",
					"text": "Reveal",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						212.0,
						47.0,
						22.0
					],
					"varname": "Reveal",
					"annotation_name": "Reveal",
					"annotation": "Show the chosen stem's file, to drag it anywhere.",
					"presentation": 1,
					"presentation_rect": [
						456.0,
						120.0,
						48.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Reveal",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Reveal",
							"parameter_shortname": "Reveal",
							"parameter_invisible": 2,
							"parameter_annotation_name": "Reveal",
							"parameter_info": "Show the chosen stem's file, to drag it anywhere.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-140",
					"maxclass": "live.text",
					"text": "Test",
					"numinlets": 1,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						244.0,
						40.0,
						22.0
					],
					"varname": "Self-test",
					"annotation_name": "Self-test",
					"annotation": "Write a report about this Live, Max and the server as a file. Changes nothing in the set.",
					"presentation": 1,
					"presentation_rect": [
						512.0,
						120.0,
						40.0,
						16.0
					],
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"mode": 0,
					"texton": "Test",
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Self-test",
							"parameter_shortname": "Test",
							"parameter_invisible": 2,
							"parameter_annotation_name": "Self-test",
							"parameter_info": "Write a report about this Live, Max and the server as a file. Changes nothing in the set.",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"off",
								"on"
							],
							"parameter_mmax": 1
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-141",
					"maxclass": "live.tab",
					"numinlets": 1,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						"float"
					],
					"patching_rect": [
						2020.0,
						276.0,
						40.0,
						22.0
					],
					"varname": "Variation",
					"annotation_name": "Variation",
					"annotation": "Launch a variation by its number (for Push and automation).",
					"parameter_enable": 1,
					"fontname": "Ableton Sans Medium",
					"fontsize": 9.5,
					"num_lines_presentation": 1,
					"num_lines_patching": 1,
					"saved_attribute_attributes": {
						"valueof": {
							"parameter_longname": "Variation",
							"parameter_shortname": "Variation",
							"parameter_invisible": 0,
							"parameter_annotation_name": "Variation",
							"parameter_info": "Launch a variation by its number (for Push and automation).",
							"parameter_modmode": 0,
							"parameter_type": 2,
							"parameter_enum": [
								"1",
								"2",
								"3",
								"4"
							],
							"parameter_mmax": 3,
							"parameter_initial_enable": 1,
							"parameter_initial": [
								0
							]
						}
					}
				}
			},
			{
				"box": {
					"id": "obj-142",
					"maxclass": "newobj",
					"text": "prepend prompt",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						308.0,
						99.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-143",
					"maxclass": "newobj",
					"text": "prepend part",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						340.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-144",
					"maxclass": "newobj",
					"text": "prepend bars",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						372.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-145",
					"maxclass": "newobj",
					"text": "prepend variations",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						404.0,
						125.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-146",
					"maxclass": "newobj",
					"text": "prepend influence",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						436.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-147",
					"maxclass": "newobj",
					"text": "prepend strength",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						468.0,
						112.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-148",
					"maxclass": "newobj",
					"text": "prepend seed",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						500.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-149",
					"maxclass": "newobj",
					"text": "prepend seed_lock",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						532.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-150",
					"maxclass": "newobj",
					"text": "prepend quality",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						564.0,
						105.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-151",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						596.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-152",
					"maxclass": "message",
					"text": "clear_style",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						628.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-153",
					"maxclass": "newobj",
					"text": "prepend loop",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						660.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-154",
					"maxclass": "newobj",
					"text": "prepend nudge",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2020.0,
						692.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-155",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2020.0,
						724.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-156",
					"maxclass": "message",
					"text": "generate",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						52.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-157",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						84.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-158",
					"maxclass": "message",
					"text": "vary",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						116.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-159",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						148.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-160",
					"maxclass": "message",
					"text": "cancel",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						180.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-161",
					"maxclass": "newobj",
					"text": "prepend drop_context",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						212.0,
						138.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-162",
					"maxclass": "newobj",
					"text": "prepend drop_style",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						244.0,
						125.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-163",
					"maxclass": "newobj",
					"text": "prepend source",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						276.0,
						99.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-164",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						308.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-165",
					"maxclass": "message",
					"text": "fire 1",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						340.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-166",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						372.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-167",
					"maxclass": "message",
					"text": "fire 2",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						404.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-168",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						436.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-169",
					"maxclass": "message",
					"text": "fire 3",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						468.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-170",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						500.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-171",
					"maxclass": "message",
					"text": "fire 4",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						532.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-172",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						564.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-173",
					"maxclass": "message",
					"text": "next",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						596.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-174",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2220.0,
						628.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-175",
					"maxclass": "message",
					"text": "stop",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						660.0,
						40.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-176",
					"maxclass": "newobj",
					"text": "prepend audition_on",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						692.0,
						131.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-177",
					"maxclass": "newobj",
					"text": "prepend place",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2220.0,
						724.0,
						92.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-178",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2420.0,
						52.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-179",
					"maxclass": "message",
					"text": "start_server",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						84.0,
						86.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-180",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2420.0,
						116.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-181",
					"maxclass": "message",
					"text": "reveal",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						148.0,
						47.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-182",
					"maxclass": "newobj",
					"text": "route 0",
					"numinlets": 2,
					"numoutlets": 2,
					"outlettype": [
						"",
						""
					],
					"patching_rect": [
						2420.0,
						180.0,
						53.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-183",
					"maxclass": "message",
					"text": "selftest",
					"numinlets": 2,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						212.0,
						60.0,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-184",
					"maxclass": "newobj",
					"text": "prepend variation",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						244.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-185",
					"maxclass": "newobj",
					"text": "route seed source",
					"numinlets": 3,
					"numoutlets": 3,
					"outlettype": [
						"",
						"",
						""
					],
					"patching_rect": [
						2420.0,
						276.0,
						118.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-186",
					"maxclass": "newobj",
					"text": "prepend set",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						308.0,
						79.5,
						22.0
					]
				}
			},
			{
				"box": {
					"id": "obj-187",
					"maxclass": "newobj",
					"text": "prepend set",
					"numinlets": 1,
					"numoutlets": 1,
					"outlettype": [
						""
					],
					"patching_rect": [
						2420.0,
						340.0,
						79.5,
						22.0
					]
				}
			}
		],
		"lines": [
			{
				"patchline": {
					"source": [
						"obj-1",
						0
					],
					"destination": [
						"obj-2",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-1",
						1
					],
					"destination": [
						"obj-2",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						0
					],
					"destination": [
						"obj-6",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-7",
						0
					],
					"destination": [
						"obj-5",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-5",
						0
					],
					"destination": [
						"obj-8",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-9",
						0
					],
					"destination": [
						"obj-10",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-10",
						0
					],
					"destination": [
						"obj-11",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-11",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-5",
						1
					],
					"destination": [
						"obj-12",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-12",
						0
					],
					"destination": [
						"obj-13",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-13",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-1",
						0
					],
					"destination": [
						"obj-14",
						0
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-1",
						1
					],
					"destination": [
						"obj-14",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-16",
						0
					],
					"destination": [
						"obj-14",
						2
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-3",
						6
					],
					"destination": [
						"obj-17",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-17",
						0
					],
					"destination": [
						"obj-18",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-18",
						0
					],
					"destination": [
						"obj-19",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-19",
						0
					],
					"destination": [
						"obj-14",
						3
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						2
					],
					"destination": [
						"obj-20",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-20",
						0
					],
					"destination": [
						"obj-14",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-20",
						1
					],
					"destination": [
						"obj-21",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-14",
						0
					],
					"destination": [
						"obj-22",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-21",
						2
					],
					"destination": [
						"obj-22",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-22",
						0
					],
					"destination": [
						"obj-23",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-23",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-21",
						1
					],
					"destination": [
						"obj-24",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-24",
						0
					],
					"destination": [
						"obj-14",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-21",
						0
					],
					"destination": [
						"obj-26",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-26",
						0
					],
					"destination": [
						"obj-15",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-15",
						1
					],
					"destination": [
						"obj-27",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-27",
						1
					],
					"destination": [
						"obj-25",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-25",
						0
					],
					"destination": [
						"obj-14",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-27",
						0
					],
					"destination": [
						"obj-28",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-28",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						3
					],
					"destination": [
						"obj-29",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-29",
						0
					],
					"destination": [
						"obj-30",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-29",
						1
					],
					"destination": [
						"obj-31",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-31",
						0
					],
					"destination": [
						"obj-34",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-34",
						0
					],
					"destination": [
						"obj-35",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-35",
						0
					],
					"destination": [
						"obj-36",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-36",
						0
					],
					"destination": [
						"obj-37",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-37",
						0
					],
					"destination": [
						"obj-32",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-31",
						1
					],
					"destination": [
						"obj-38",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-38",
						0
					],
					"destination": [
						"obj-33",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-32",
						0
					],
					"destination": [
						"obj-33",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-29",
						2
					],
					"destination": [
						"obj-40",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-40",
						1
					],
					"destination": [
						"obj-39",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-40",
						0
					],
					"destination": [
						"obj-41",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-41",
						0
					],
					"destination": [
						"obj-39",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-3",
						1
					],
					"destination": [
						"obj-42",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-42",
						0
					],
					"destination": [
						"obj-43",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-43",
						0
					],
					"destination": [
						"obj-39",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-44",
						0
					],
					"destination": [
						"obj-45",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-45",
						0
					],
					"destination": [
						"obj-46",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-46",
						0
					],
					"destination": [
						"obj-47",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-3",
						0
					],
					"destination": [
						"obj-48",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-48",
						0
					],
					"destination": [
						"obj-49",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-49",
						0
					],
					"destination": [
						"obj-50",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-47",
						0
					],
					"destination": [
						"obj-51",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-50",
						0
					],
					"destination": [
						"obj-52",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-51",
						0
					],
					"destination": [
						"obj-52",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-52",
						0
					],
					"destination": [
						"obj-2",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-47",
						0
					],
					"destination": [
						"obj-53",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-50",
						0
					],
					"destination": [
						"obj-54",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-53",
						0
					],
					"destination": [
						"obj-54",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-54",
						0
					],
					"destination": [
						"obj-2",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-30",
						0
					],
					"destination": [
						"obj-55",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-55",
						0
					],
					"destination": [
						"obj-56",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-33",
						0
					],
					"destination": [
						"obj-57",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-39",
						0
					],
					"destination": [
						"obj-58",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-58",
						0
					],
					"destination": [
						"obj-59",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-59",
						0
					],
					"destination": [
						"obj-60",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-57",
						0
					],
					"destination": [
						"obj-61",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-60",
						0
					],
					"destination": [
						"obj-61",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-61",
						0
					],
					"destination": [
						"obj-51",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-57",
						1
					],
					"destination": [
						"obj-62",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-60",
						0
					],
					"destination": [
						"obj-62",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-62",
						0
					],
					"destination": [
						"obj-53",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-30",
						1
					],
					"destination": [
						"obj-63",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-63",
						0
					],
					"destination": [
						"obj-64",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-33",
						0
					],
					"destination": [
						"obj-65",
						0
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-39",
						0
					],
					"destination": [
						"obj-66",
						0
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-66",
						0
					],
					"destination": [
						"obj-67",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-67",
						0
					],
					"destination": [
						"obj-68",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-65",
						0
					],
					"destination": [
						"obj-69",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-68",
						0
					],
					"destination": [
						"obj-69",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-69",
						0
					],
					"destination": [
						"obj-51",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-65",
						1
					],
					"destination": [
						"obj-70",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-68",
						0
					],
					"destination": [
						"obj-70",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-70",
						0
					],
					"destination": [
						"obj-53",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-30",
						2
					],
					"destination": [
						"obj-71",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-71",
						0
					],
					"destination": [
						"obj-72",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-33",
						0
					],
					"destination": [
						"obj-73",
						0
					],
					"order": 2
				}
			},
			{
				"patchline": {
					"source": [
						"obj-39",
						0
					],
					"destination": [
						"obj-74",
						0
					],
					"order": 2
				}
			},
			{
				"patchline": {
					"source": [
						"obj-74",
						0
					],
					"destination": [
						"obj-75",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-75",
						0
					],
					"destination": [
						"obj-76",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-73",
						0
					],
					"destination": [
						"obj-77",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-76",
						0
					],
					"destination": [
						"obj-77",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-77",
						0
					],
					"destination": [
						"obj-51",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-73",
						1
					],
					"destination": [
						"obj-78",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-76",
						0
					],
					"destination": [
						"obj-78",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-78",
						0
					],
					"destination": [
						"obj-53",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-30",
						3
					],
					"destination": [
						"obj-79",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-79",
						0
					],
					"destination": [
						"obj-80",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-33",
						0
					],
					"destination": [
						"obj-81",
						0
					],
					"order": 3
				}
			},
			{
				"patchline": {
					"source": [
						"obj-39",
						0
					],
					"destination": [
						"obj-82",
						0
					],
					"order": 3
				}
			},
			{
				"patchline": {
					"source": [
						"obj-82",
						0
					],
					"destination": [
						"obj-83",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-83",
						0
					],
					"destination": [
						"obj-84",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-81",
						0
					],
					"destination": [
						"obj-85",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-84",
						0
					],
					"destination": [
						"obj-85",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-85",
						0
					],
					"destination": [
						"obj-51",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-81",
						1
					],
					"destination": [
						"obj-86",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-84",
						0
					],
					"destination": [
						"obj-86",
						1
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-86",
						0
					],
					"destination": [
						"obj-53",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						4
					],
					"destination": [
						"obj-87",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-87",
						0
					],
					"destination": [
						"obj-88",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-88",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-92",
						0
					],
					"destination": [
						"obj-89",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-89",
						1
					],
					"destination": [
						"obj-90",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-90",
						0
					],
					"destination": [
						"obj-91",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-89",
						0
					],
					"destination": [
						"obj-93",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-93",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-91",
						0
					],
					"destination": [
						"obj-94",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-94",
						0
					],
					"destination": [
						"obj-95",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-95",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-94",
						1
					],
					"destination": [
						"obj-87",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						1
					],
					"destination": [
						"obj-96",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-96",
						0
					],
					"destination": [
						"obj-91",
						1
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						1
					],
					"destination": [
						"obj-97",
						0
					],
					"order": 1
				}
			},
			{
				"patchline": {
					"source": [
						"obj-97",
						0
					],
					"destination": [
						"obj-102",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-102",
						0
					],
					"destination": [
						"obj-98",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-97",
						1
					],
					"destination": [
						"obj-99",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-97",
						2
					],
					"destination": [
						"obj-103",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-103",
						0
					],
					"destination": [
						"obj-104",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-104",
						0
					],
					"destination": [
						"obj-100",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-103",
						1
					],
					"destination": [
						"obj-105",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-105",
						0
					],
					"destination": [
						"obj-100",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-103",
						2
					],
					"destination": [
						"obj-106",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-106",
						0
					],
					"destination": [
						"obj-100",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-97",
						3
					],
					"destination": [
						"obj-107",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-107",
						0
					],
					"destination": [
						"obj-101",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-112",
						0
					],
					"destination": [
						"obj-142",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-142",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-113",
						0
					],
					"destination": [
						"obj-143",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-143",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-114",
						0
					],
					"destination": [
						"obj-144",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-144",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-115",
						0
					],
					"destination": [
						"obj-145",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-145",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-116",
						0
					],
					"destination": [
						"obj-146",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-146",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-117",
						0
					],
					"destination": [
						"obj-147",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-147",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-118",
						0
					],
					"destination": [
						"obj-148",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-148",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-119",
						0
					],
					"destination": [
						"obj-149",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-149",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-120",
						0
					],
					"destination": [
						"obj-150",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-150",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-121",
						0
					],
					"destination": [
						"obj-151",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-151",
						1
					],
					"destination": [
						"obj-152",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-152",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-122",
						0
					],
					"destination": [
						"obj-153",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-153",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-123",
						0
					],
					"destination": [
						"obj-154",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-154",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-124",
						0
					],
					"destination": [
						"obj-155",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-155",
						1
					],
					"destination": [
						"obj-156",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-156",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-125",
						0
					],
					"destination": [
						"obj-157",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-157",
						1
					],
					"destination": [
						"obj-158",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-158",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-126",
						0
					],
					"destination": [
						"obj-159",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-159",
						1
					],
					"destination": [
						"obj-160",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-160",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-127",
						0
					],
					"destination": [
						"obj-161",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-161",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-128",
						0
					],
					"destination": [
						"obj-162",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-162",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-129",
						0
					],
					"destination": [
						"obj-163",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-163",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-130",
						0
					],
					"destination": [
						"obj-164",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-164",
						1
					],
					"destination": [
						"obj-165",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-165",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-131",
						0
					],
					"destination": [
						"obj-166",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-166",
						1
					],
					"destination": [
						"obj-167",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-167",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-132",
						0
					],
					"destination": [
						"obj-168",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-168",
						1
					],
					"destination": [
						"obj-169",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-169",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-133",
						0
					],
					"destination": [
						"obj-170",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-170",
						1
					],
					"destination": [
						"obj-171",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-171",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-134",
						0
					],
					"destination": [
						"obj-172",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-172",
						1
					],
					"destination": [
						"obj-173",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-173",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-135",
						0
					],
					"destination": [
						"obj-174",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-174",
						1
					],
					"destination": [
						"obj-175",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-175",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-136",
						0
					],
					"destination": [
						"obj-176",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-176",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-137",
						0
					],
					"destination": [
						"obj-177",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-177",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-138",
						0
					],
					"destination": [
						"obj-178",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-178",
						1
					],
					"destination": [
						"obj-179",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-179",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-139",
						0
					],
					"destination": [
						"obj-180",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-180",
						1
					],
					"destination": [
						"obj-181",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-181",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-140",
						0
					],
					"destination": [
						"obj-182",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-182",
						1
					],
					"destination": [
						"obj-183",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-183",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-141",
						0
					],
					"destination": [
						"obj-184",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-184",
						0
					],
					"destination": [
						"obj-4",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-4",
						1
					],
					"destination": [
						"obj-185",
						0
					],
					"order": 2
				}
			},
			{
				"patchline": {
					"source": [
						"obj-185",
						0
					],
					"destination": [
						"obj-186",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-186",
						0
					],
					"destination": [
						"obj-118",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-185",
						1
					],
					"destination": [
						"obj-187",
						0
					]
				}
			},
			{
				"patchline": {
					"source": [
						"obj-187",
						0
					],
					"destination": [
						"obj-129",
						0
					]
				}
			}
		],
		"parameters": {
			"obj-44": [
				"Gain",
				"Gain",
				0
			],
			"obj-87": [
				"State",
				"State",
				0
			],
			"obj-112": [
				"Prompt",
				"Prompt",
				0
			],
			"obj-113": [
				"Part",
				"Part",
				0
			],
			"obj-114": [
				"Bars",
				"Bars",
				0
			],
			"obj-115": [
				"Variations",
				"Count",
				0
			],
			"obj-116": [
				"Influence",
				"Influence",
				0
			],
			"obj-117": [
				"Strength",
				"Strength",
				0
			],
			"obj-118": [
				"Seed",
				"Seed",
				0
			],
			"obj-119": [
				"Seed Lock",
				"Lock seed",
				0
			],
			"obj-120": [
				"Quality",
				"Quality",
				0
			],
			"obj-121": [
				"No Style",
				"No style",
				0
			],
			"obj-122": [
				"Loop",
				"Loop",
				0
			],
			"obj-123": [
				"Nudge",
				"Nudge",
				0
			],
			"obj-124": [
				"Generate",
				"Generate",
				0
			],
			"obj-125": [
				"Vary",
				"Vary",
				0
			],
			"obj-126": [
				"Cancel",
				"Cancel",
				0
			],
			"obj-129": [
				"Source",
				"Source",
				0
			],
			"obj-130": [
				"Fire 1",
				"Fire 1",
				0
			],
			"obj-131": [
				"Fire 2",
				"Fire 2",
				0
			],
			"obj-132": [
				"Fire 3",
				"Fire 3",
				0
			],
			"obj-133": [
				"Fire 4",
				"Fire 4",
				0
			],
			"obj-134": [
				"Next",
				"Next",
				0
			],
			"obj-135": [
				"Stop",
				"Stop",
				0
			],
			"obj-136": [
				"Audition",
				"Audition",
				0
			],
			"obj-137": [
				"Insert",
				"Insert",
				0
			],
			"obj-138": [
				"Start Server",
				"Start",
				0
			],
			"obj-139": [
				"Reveal",
				"Reveal",
				0
			],
			"obj-140": [
				"Self-test",
				"Test",
				0
			],
			"obj-141": [
				"Variation",
				"Variation",
				0
			],
			"parameterbanks": {
				"0": {
					"index": 0,
					"name": "Ask",
					"parameters": [
						"Generate",
						"Part",
						"Bars",
						"Variations",
						"Influence",
						"Strength",
						"Vary",
						"Cancel"
					],
					"buttons": [
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-"
					]
				},
				"1": {
					"index": 1,
					"name": "Play",
					"parameters": [
						"Fire 1",
						"Fire 2",
						"Fire 3",
						"Fire 4",
						"Next",
						"Stop",
						"Audition",
						"Gain"
					],
					"buttons": [
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-"
					]
				},
				"2": {
					"index": 2,
					"name": "More",
					"parameters": [
						"Variation",
						"Loop",
						"Quality",
						"-",
						"-",
						"-",
						"-",
						"-"
					],
					"buttons": [
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-",
						"-"
					]
				}
			},
			"inherited_shortname": 1
		},
		"dependency_cache": [
			{
				"name": "riffbridge-live.js",
				"bootpath": ".",
				"type": "TEXT",
				"implicit": 1
			},
			{
				"name": "riffbridge-bridge.node.js",
				"bootpath": ".",
				"type": "TEXT",
				"implicit": 1
			}
		],
		"latency": 0,
		"is_mpe": 0,
		"external_mpe_tuning_enabled": 0,
		"minimum_live_version": "",
		"minimum_max_version": "",
		"platform_compatibility": 0,
		"autosave": 0,
		"project": {
			"version": 1,
			"creationdate": 3876336000,
			"modificationdate": 3876336000,
			"viewrect": [
				0.0,
				0.0,
				300.0,
				500.0
			],
			"autoorganize": 1,
			"hideprojectwindow": 1,
			"showdependencies": 1,
			"autolocalize": 0,
			"contents": {
				"patchers": {},
				"code": {
					"riffbridge-bridge.node.js": {
						"kind": "javascript",
						"local": 1
					},
					"riffbridge-live.js": {
						"kind": "javascript",
						"local": 1
					}
				}
			},
			"layout": {},
			"searchpath": {},
			"detailsvisible": 0,
			"amxdtype": 1633771873,
			"readonly": 0,
			"devpathtype": 0,
			"devpath": ".",
			"sortmode": 0,
			"viewmode": 0,
			"includepackages": 0
		}
	}
}
