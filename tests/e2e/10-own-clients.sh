#!/bin/sh
# Our pub and sub, called by mosquitto's names, do with our broker all that clients
# do: every QoS and version, retained messages, wills, sessions, Properties.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
use_names
pub=mosquitto_pub
sub=mosquitto_sub

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
