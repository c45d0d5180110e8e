#!/bin/sh
# Debian's mosquitto_pub and mosquitto_sub do with our broker all that clients do:
# every QoS and version, retained messages, wills, sessions, Properties.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
need /usr/bin/mosquitto_pub mosquitto-clients
need /usr/bin/mosquitto_sub mosquitto-clients
pub=/usr/bin/mosquitto_pub
sub=/usr/bin/mosquitto_sub

start_broker
passes_every_qos
passes_any_payload
keeps_retained
chooses_retained
fires_wills
keeps_sessions
expires_sessions
passes_properties
joins_overlapping
shows_sys
shares_messages
delays_wills
respects_the_window
stop_broker
