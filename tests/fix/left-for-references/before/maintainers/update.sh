#!/bin/sh
cd "$tools/byScript/main" && update
