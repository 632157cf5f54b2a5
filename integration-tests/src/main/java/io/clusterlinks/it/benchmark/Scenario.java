// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.io.IOException;

/** One comparison. */
@FunctionalInterface
interface Scenario {
    void run(Lab lab, Options options, Report report) throws IOException;
}
